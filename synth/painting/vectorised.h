/* Loops over bytes that are compiled for wider registers, too: the machine that runs them chooses. */

#ifndef BGFG_VECTORISED_H
#define BGFG_VECTORISED_H

#include <stdlib.h> /* says whose C library it is */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute) && !defined(__SANITIZE_ADDRESS__)
#if __has_attribute(target_clones)
#define VECTORISED __attribute__((target_clones("avx2", "default")))
#endif
#endif
#ifndef VECTORISED
#define VECTORISED
#endif

#endif
