package org.potstill;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

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
