package org.potstill.report;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.potstill.run.Sha256;

/**
 * The page as text: template, style and scripts from the class path in one file. Whatever comes
 * from a run is escaped; a content security policy allows the page its own scripts and no other,
 * and no address outside it.
 */
final class PageTemplate {

  private static final String UPLOT = "META-INF/resources/webjars/uplot/";

  /** The page of a run. */
  String render(Page page) {
    String library = "/*\n" + uplot("LICENSE") + "*/\n" + uplot("dist/uPlot.iife.min.js");
    String script = resource("report.js");
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("page", page);
    context.put("style", uplot("dist/uPlot.min.css") + resource("report.css"));
    context.put("library", library);
    context.put("script", script);
    context.put("policy", "'sha256-" + hash(library) + "' 'sha256-" + hash(script) + "'");
    return Mustache.compiler().compile(resource("report.mustache")).execute(context);
  }

  /** The page of several runs. */
  String render(SideBySidePage page) {
    return withoutScript(page, "side-by-side");
  }

  /** The table of a sweep. */
  String render(SweepPage page) {
    return withoutScript(page, "sweep");
  }

  private static String withoutScript(Object page, String name) {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("page", page);
    context.put("style", resource("report.css") + resource(name + ".css"));
    return Mustache.compiler().compile(resource(name + ".mustache")).execute(context);
  }

  private static String uplot(String name) {
    Properties versions = new Properties();
    // Not from the description that Maven leaves in its jar: hosts drop those when they merge jars.
    try (InputStream stream = PageTemplate.class.getResourceAsStream("versions.properties")) {
      versions.load(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String path = UPLOT + versions.getProperty("uplot") + "/" + name;
    // By the loader, since a class finds what is in its own module alone.
    return text(PageTemplate.class.getClassLoader().getResourceAsStream(path), path);
  }

  private static String resource(String name) {
    return text(PageTemplate.class.getResourceAsStream(name), name);
  }

  private static String text(InputStream found, String name) {
    try (InputStream stream = found) {
      if (stream == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(String script) {
    byte[] digest = Sha256.begin().digest(script.getBytes(StandardCharsets.UTF_8));
    return Base64.getEncoder().encodeToString(digest);
  }
}
