#include <cstdio>

#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include "potstill_kernels.h"

const char* potstill_compiler(void) noexcept {
#if defined(__clang__)
  return "Clang " __clang_version__;
#elif defined(__GNUC__)
  return "GCC " __VERSION__;
#else
  return "unknown";
#endif
}

const char* potstill_c_library(void) noexcept {
#if defined(__GLIBC__)
  static const struct Name {
    char text[32];
    Name() : text() { std::snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version()); }
  } name;
  return name.text;
#else
  return "unknown";
#endif
}
