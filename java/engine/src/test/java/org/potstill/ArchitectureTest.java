package org.potstill;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.security.MessageDigest;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.run.Folders;
import org.potstill.run.Sha256;
import org.potstill.tensor.Tensors;

/** The borders that docs/architecture.md draws. */
@AnalyzeClasses(packages = "org.potstill", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String[] LIBTORCH_USERS = {
    "org.potstill.tensor..",
    "org.potstill.net..",
    "org.potstill.augment..",
    "org.potstill.weights..",
    "org.potstill.score..",
    "org.potstill.experts..",
    "org.potstill.distill..",
    "org.potstill.prior..",
    "org.potstill.evaluate.."
  };

  private static final String[] UNDERNEATH = {
    "org.potstill.errors..",
    "org.potstill.run..",
    "org.potstill.net..",
    "org.potstill.augment..",
    "org.potstill.weights..",
    "org.potstill.random..",
    "org.potstill.tensor..",
    "org.potstill.kernels.."
  };

  private static final String[] LINE_AND_OUTSIDE = {
    "org.potstill",
    "org.potstill.cli..",
    "org.potstill.config..",
    "org.potstill.pipeline..",
    "org.potstill.data..",
    "org.potstill.score..",
    "org.potstill.prune..",
    "org.potstill.experts..",
    "org.potstill.distill..",
    "org.potstill.prior..",
    "org.potstill.evaluate..",
    "org.potstill.report.."
  };

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("org.potstill.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule libTorchStaysInItsPackages =
      noClasses()
          .that()
          .resideOutsideOfPackages(LIBTORCH_USERS)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco.pytorch..");

  @ArchTest
  static final ArchRule whatLiesUnderneathKnowsNoStage =
      noClasses()
          .that()
          .resideInAnyPackage(UNDERNEATH)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(LINE_AND_OUTSIDE);

  @ArchTest
  static final ArchRule whatIsDigestedIsBySha256OfRun =
      noClasses()
          .that()
          .doNotBelongToAnyOf(Sha256.class)
          .should()
          .callMethod(MessageDigest.class, "getInstance", String.class);

  @ArchTest
  static final ArchRule foldersAreMadeByFoldersOfRun =
      noClasses()
          .that()
          .doNotBelongToAnyOf(Folders.class)
          .should()
          .callMethod(Files.class, "createDirectories", Path.class, FileAttribute[].class);

  @ArchTest
  static final ArchRule priorsAreFunctionsOfTheirWeights =
      classes()
          .that()
          .resideInAPackage("org.potstill.prior..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "org.potstill.prior..",
              "org.potstill.tensor..",
              "org.potstill.net..",
              "org.potstill.weights..",
              "org.potstill.random..",
              "org.potstill.errors..",
              "org.potstill.kernels..",
              "org.bytedeco..",
              "org.slf4j..",
              "java..");

  /**
   * Classes that make tensors on the host and bring them to where the run computes themselves, or
   * keep them for files. Everything else makes tensors where another one lies.
   */
  private static final DescribedPredicate<JavaClass> PLACING_THEMSELVES =
      simpleNameAmong(
          "StateLayout", // whoever asks for a state places it
          "Slot", // of StyleGanLayout, likewise
          "PixelSpace",
          "TrajectoryMatching", // for its checkpoint
          "Layers",
          "Shapes",
          "CoreSetLoader",
          "DistilledFiles",
          "LatentsFile",
          "Ld3mStart",
          "PixelStore",
          "BegunBatches", // of pretrained scoring, over the memory of the loader
          "ScorerCheckpoint",
          "ScoringCheckpoint",
          "DistilledFolder",
          "DistilledImages",
          "ExpertTiming",
          "ImageMoments",
          "ImageSetLoader",
          "Whitening");

  private static DescribedPredicate<JavaClass> simpleNameAmong(String... names) {
    return DescribedPredicate.describe(
        "one of " + List.of(names), type -> List.of(names).contains(type.getSimpleName()));
  }

  private static final DescribedPredicate<JavaMethodCall> MAKING_A_TENSOR_ON_THE_HOST =
      DescribedPredicate.describe(
          "making a tensor on the host",
          call -> {
            boolean ours = call.getTargetOwner().isEquivalentTo(Tensors.class);
            boolean theirs = call.getTargetOwner().isEquivalentTo(torch.class);
            String name = call.getName();
            boolean follows =
                call.getTarget().getRawParameterTypes().stream()
                    .anyMatch(type -> type.isEquivalentTo(Tensor.class));
            return (ours && List.of("of", "indices").contains(name) && !follows)
                || (theirs
                    && List.of("empty", "zeros", "ones", "full", "arange", "linspace", "from_blob")
                        .contains(name));
          });

  /**
   * On a GPU, a tensor left on the host fails only when it meets another: here it shows at once.
   */
  @ArchTest
  static final ArchRule tensorsAreMadeWhereOthersLie =
      noClasses()
          .that()
          .resideInAnyPackage(
              "org.potstill.score..",
              "org.potstill.experts..",
              "org.potstill.distill..",
              "org.potstill.prior..",
              "org.potstill.evaluate..",
              "org.potstill.augment..",
              "org.potstill.net..")
          .and(DescribedPredicate.not(PLACING_THEMSELVES))
          .should()
          .callMethodWhere(MAKING_A_TENSOR_ON_THE_HOST);

  @ArchTest
  static final ArchRule openCvStaysInData =
      noClasses()
          .that()
          .resideOutsideOfPackages("org.potstill.data..", "org.potstill.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco.opencv..");

  @ArchTest
  static final ArchRule onlyTheCommandLineEndsTheProcessOrPrints =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.potstill.cli..")
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule randomNumbersComeFromRandomStream =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.Random")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
          .orShould()
          .callMethod(Math.class, "random");

  /** In some languages digits are others than 0 to 9, and files so named are not found again. */
  @ArchTest
  static final ArchRule formatsNameTheirLocale =
      noClasses()
          .should()
          .callMethod(String.class, "format", String.class, Object[].class)
          .orShould()
          .callMethod(String.class, "formatted", Object[].class)
          .orShould()
          .callMethod(PrintStream.class, "format", String.class, Object[].class)
          .orShould()
          .callMethod(PrintStream.class, "printf", String.class, Object[].class);

  @ArchTest
  static final ArchRule configurationIsDataOnly =
      classes()
          .that()
          .resideInAPackage("org.potstill.config..")
          .should()
          .onlyDependOnClassesThat()
          .resideOutsideOfPackages(
              "org.potstill.pipeline..",
              "org.potstill.data..",
              "org.potstill.score..",
              "org.potstill.prune..",
              "org.potstill.distill..",
              "org.potstill.evaluate..",
              "org.potstill.report..",
              "org.bytedeco..");
}
