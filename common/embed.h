/*
 * embed.h - a file of the source tree as bytes of the program.
 */
#ifndef COMMON_EMBED_H
#define COMMON_EMBED_H

/*
 * Defines `embedded_<name>`, the content of the text `file` with a NUL behind
 * it. The path is from the root of the sources, where the compiler is run. The
 * Makefile names the dependency, which the compiler cannot see.
 */
#define EMBED(name, file)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global embedded_" #name "\n"                                                         \
            "embedded_" #name ":\n"                                                                \
            ".incbin \"" file "\"\n"                                                               \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern const char embedded_##name[]

#endif
