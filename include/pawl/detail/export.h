#pragma once

// The library hides every symbol that does not carry PAWL_API, so that a shared build exports
// exactly what the public headers promise. Not part of the contract: write PAWL_API only on
// classes and functions of a public header that are defined in a source file.

#if defined(__GNUC__) || defined(__clang__)
#define PAWL_API __attribute__((visibility("default")))
#else
#define PAWL_API
#endif
