#define _GNU_SOURCE
#include "cubin.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MACHINE = 190,         /* EM_CUDA */
    INFO_SIZED = 4,        /* format of an attribute: a size and as many bytes */
    INFO_FRAME = 0x11,     /* function, bytes */
    INFO_REGISTERS = 0x2f, /* function, registers */
};

/* One ELF file inside the other: `bytes` is what is left of the outer one. */
typedef struct elf {
    const unsigned char *at;
    size_t bytes;
    Elf64_Ehdr head;
} elf;

static int get(const elf *e, uint64_t offset, void *to, size_t size) {
    if (offset > e->bytes || size > e->bytes - offset) return 0;
    memcpy(to, e->at + offset, size);
    return 1;
}

static int get_section(const elf *e, int i, Elf64_Shdr *s) {
    return i >= 0 && i < e->head.e_shnum && get(e, e->head.e_shoff + (uint64_t)i * sizeof *s, s, sizeof *s) &&
           s->sh_offset <= e->bytes && (s->sh_type == SHT_NOBITS || s->sh_size <= e->bytes - s->sh_offset);
}

/* A string of a string table; "" where there is none. */
static const char *text(const elf *e, int table, uint64_t offset) {
    Elf64_Shdr s;
    if (!get_section(e, table, &s) || offset >= s.sh_size) return "";
    const unsigned char *at = e->at + s.sh_offset + offset;
    return memchr(at, 0, s.sh_size - offset) ? (const char *)at : "";
}

static const char *section_name(const elf *e, const Elf64_Shdr *s) { return text(e, e->head.e_shstrndx, s->sh_name); }

/* What follows a prefix, or NULL. */
static const char *after(const char *name, const char *prefix) {
    const size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 ? name + n : NULL;
}

static const char *symbol_name(const elf *e, uint32_t index) {
    for (int i = 0; i < e->head.e_shnum; i++) {
        Elf64_Shdr s;
        Elf64_Sym symbol;
        if (!get_section(e, i, &s) || s.sh_type != SHT_SYMTAB) continue;
        if (get(e, s.sh_offset + (uint64_t)index * sizeof symbol, &symbol, sizeof symbol))
            return text(e, (int)s.sh_link, symbol.st_name);
    }
    return "";
}

static px_kernel *find(px_device_code *code, int first, const char *name) {
    for (int i = first; i < code->n; i++)
        if (strcmp(code->kernels[i].name, name) == 0) return &code->kernels[i];
    return NULL;
}

/* Attributes of functions: format, attribute, size, bytes. */
static void read_info(px_device_code *code, int first, const elf *e, const Elf64_Shdr *s) {
    for (uint64_t at = 0; at + 4 <= s->sh_size;) {
        const unsigned char *p = e->at + s->sh_offset + at;
        uint16_t size;
        uint32_t value[2];
        memcpy(&size, p + 2, sizeof size);
        at += 4;
        if (p[0] != INFO_SIZED) continue;
        if (size >= sizeof value && at + sizeof value <= s->sh_size) {
            memcpy(value, p + 4, sizeof value);
            px_kernel *k = find(code, first, symbol_name(e, value[0]));
            if (k && p[1] == INFO_REGISTERS) k->registers = (int)value[1];
            if (k && p[1] == INFO_FRAME) k->frame = (int)value[1];
        }
        at += size;
    }
}

static void read_cubin(px_device_code *code, const elf *e) {
    const int first = code->n;
    Elf64_Shdr s;
    for (int i = 0; i < e->head.e_shnum; i++) {
        const char *name = get_section(e, i, &s) ? after(section_name(e, &s), ".text.") : NULL;
        if (!name || s.sh_type == SHT_NOBITS) continue;
        px_kernel *more = realloc(code->kernels, (size_t)(code->n + 1) * sizeof *more);
        if (!more) abort();
        code->kernels = more;
        code->kernels[code->n++] = (px_kernel){
            .name = name, .arch = (int)(e->head.e_flags >> 8 & 0xff), .code = e->at + s.sh_offset, .bytes = s.sh_size};
    }
    for (int i = 0; i < e->head.e_shnum; i++) {
        if (!get_section(e, i, &s)) continue;
        const char *name = section_name(e, &s), *of = after(name, ".nv.shared.");
        px_kernel *k = of ? find(code, first, of) : NULL;
        if (k) k->shared = (int)s.sh_size;
        if (strcmp(name, ".nv.info") == 0) read_info(code, first, e, &s);
    }
}

int px_device_code_read(const char *path, px_device_code *code) {
    *code = (px_device_code){0};
    FILE *f = fopen(path, "rb");
    if (!f) return 0;
    fseek(f, 0, SEEK_END);
    const long size = ftell(f);
    rewind(f);
    code->file = malloc((size_t)size + 1);
    if (code->file) code->bytes = fread(code->file, 1, (size_t)size, f);
    fclose(f);
    if (!code->file || code->bytes != (size_t)size) return 0;
    code->file[size] = '\0';
    for (size_t at = 0; at + sizeof(Elf64_Ehdr) <= code->bytes; at++) {
        elf e = {.at = code->file + at, .bytes = code->bytes - at};
        if (memcmp(e.at, ELFMAG, SELFMAG) != 0) continue;
        memcpy(&e.head, e.at, sizeof e.head);
        if (e.head.e_machine == MACHINE) read_cubin(code, &e);
    }
    return 1;
}

void px_device_code_free(px_device_code *code) {
    free(code->file);
    free(code->kernels);
    *code = (px_device_code){0};
}

int px_kernel_count(const px_kernel *kernel, unsigned operation) {
    int n = 0;
    for (size_t at = 0; at + 16 <= kernel->bytes; at += 16) {
        uint64_t word;
        memcpy(&word, kernel->code + at, sizeof word);
        n += (word & 0xfff) == operation;
    }
    return n;
}

/* PTX lies in the file as text, which ends with a zero. */
static const unsigned char *next_ptx(const px_device_code *code, const unsigned char *from) {
    static const char start[] = "\n.version ";
    return memmem(from, (size_t)(code->file + code->bytes - from), start, sizeof start - 1);
}

int px_ptx_find(const px_device_code *code, const char *word,
                void (*found)(const char *kernel, const char *line, void *context), void *context) {
    int n = 0;
    for (const unsigned char *p = code->file; (p = next_ptx(code, p));) {
        char kernel[512] = "", line[512];
        const char *at = (const char *)p;
        while (*at) {
            const size_t length = strcspn(at, "\n"), kept = length < sizeof line - 1 ? length : sizeof line - 1;
            memcpy(line, at, kept);
            line[kept] = '\0';
            const char *entry = strstr(line, ".entry "), *function = strstr(line, ".func ");
            if (entry || function) snprintf(kernel, sizeof kernel, "%s", entry ? entry + 7 : function + 6);
            if (strstr(line, word)) {
                n++;
                if (found) found(kernel, line, context);
            }
            at += length + (at[length] == '\n');
        }
        p = (const unsigned char *)at;
    }
    return n;
}

int px_ptx_entries(const px_device_code *code) { return px_ptx_find(code, ".entry ", NULL, NULL); }
