/* SPDX-License-Identifier: MIT */
/*
 * elf_file.c - what a program or library says of itself, without running it
 */
#include "elf_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Return: NULL if so much is not in the file, or not where it can be read. */
static const void *part(const struct elf_file *file, uint64_t offset,
			uint64_t size)
{
	if (offset > file->size || size > file->size - offset || offset % 8)
		return NULL;
	return file->bytes + offset;
}

static const Elf64_Ehdr *head_of(const struct elf_file *file)
{
	const Elf64_Ehdr *head = part(file, 0, sizeof(*head));

	if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_ident[EI_DATA] != ELFDATA2LSB ||
	    head->e_machine != EM_X86_64)
		return NULL;
	return head;
}

static const Elf64_Shdr *sections(const struct elf_file *file,
				  const Elf64_Ehdr *head)
{
	return part(file, head->e_shoff, head->e_shnum * sizeof(Elf64_Shdr));
}

static const void *content(const struct elf_file *file,
			   const Elf64_Shdr *section, size_t entry,
			   size_t *ret_count)
{
	*ret_count = section->sh_size / entry;
	return part(file, section->sh_offset, section->sh_size);
}

/* The names of a section; what does not end is not used. */
static void take_names(struct elf_file *file, const Elf64_Shdr *names)
{
	if (names->sh_type != SHT_STRTAB || !names->sh_size ||
	    names->sh_offset > file->size ||
	    names->sh_size > file->size - names->sh_offset ||
	    file->bytes[names->sh_offset + names->sh_size - 1] != '\0')
		return;
	file->names = (const char *)file->bytes + names->sh_offset;
	file->names_size = names->sh_size;
}

static bool read_sections(struct elf_file *file)
{
	const Elf64_Ehdr *head = head_of(file);
	const Elf64_Shdr *all = head ? sections(file, head) : NULL;

	for (unsigned int i = 0; all && i < head->e_shnum; i++) {
		if (all[i].sh_type == SHT_DYNSYM)
			file->symbols =
				content(file, &all[i], sizeof(*file->symbols),
					&file->symbols_count);
		else if (all[i].sh_type == SHT_DYNAMIC)
			file->dynamic =
				content(file, &all[i], sizeof(*file->dynamic),
					&file->dynamic_count);
		else
			continue;
		if (all[i].sh_link < head->e_shnum)
			take_names(file, &all[all[i].sh_link]);
	}
	return file->dynamic && file->symbols && file->names;
}

bool elf_file_open(const char *path, struct elf_file *ret_file)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	void *map = MAP_FAILED;

	*ret_file = (struct elf_file){0};
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size > 0)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			   0);
	if (fd >= 0)
		(void)close(fd);
	if (map == MAP_FAILED)
		return false;
	ret_file->bytes = map;
	ret_file->size = (size_t)st.st_size;
	if (read_sections(ret_file))
		return true;
	elf_file_close(ret_file);
	return false;
}

void elf_file_close(struct elf_file *file)
{
	if (file->bytes)
		(void)munmap((void *)file->bytes, file->size);
	*file = (struct elf_file){0};
}

const char *elf_file_interpreter(const struct elf_file *file)
{
	const Elf64_Ehdr *head = head_of(file);
	const Elf64_Phdr *all =
		part(file, head->e_phoff, head->e_phnum * sizeof(*all));

	for (unsigned int i = 0; all && i < head->e_phnum; i++) {
		const Elf64_Phdr *header = &all[i];

		if (header->p_type != PT_INTERP || !header->p_filesz ||
		    header->p_offset > file->size ||
		    header->p_filesz > file->size - header->p_offset ||
		    file->bytes[header->p_offset + header->p_filesz - 1])
			continue;
		return (const char *)file->bytes + header->p_offset;
	}
	return NULL;
}

static const char *name_at(const struct elf_file *file, uint64_t offset)
{
	return offset < file->names_size ? file->names + offset : "";
}

const char *elf_file_text(const struct elf_file *file, int64_t tag,
			  size_t index)
{
	for (size_t i = 0; i < file->dynamic_count; i++) {
		const Elf64_Dyn *entry = &file->dynamic[i];

		if (entry->d_tag == DT_NULL)
			break;
		if (entry->d_tag == tag && index-- == 0)
			return name_at(file, entry->d_un.d_val);
	}
	return NULL;
}

static bool is_function(const Elf64_Sym *symbol)
{
	unsigned char type = ELF64_ST_TYPE(symbol->st_info);

	return type == STT_FUNC || type == STT_GNU_IFUNC;
}

static bool is_exported(const Elf64_Sym *symbol)
{
	return is_function(symbol) && symbol->st_shndx != SHN_UNDEF &&
	       ELF64_ST_BIND(symbol->st_info) != STB_LOCAL;
}

bool elf_file_defines(const struct elf_file *file, const char *name)
{
	for (size_t i = 0; i < file->symbols_count; i++)
		if (is_exported(&file->symbols[i]) &&
		    strcmp(name_at(file, file->symbols[i].st_name), name) == 0)
			return true;
	return false;
}

bool elf_file_wants(const struct elf_file *file, const char *name)
{
	for (size_t i = 0; i < file->symbols_count; i++)
		if (file->symbols[i].st_shndx == SHN_UNDEF &&
		    strcmp(name_at(file, file->symbols[i].st_name), name) == 0)
			return true;
	return false;
}

void elf_file_functions(const struct elf_file *file,
			bool (*visit)(const char *name, void *data), void *data)
{
	for (size_t i = 0; i < file->symbols_count; i++)
		if (is_exported(&file->symbols[i]) &&
		    !visit(name_at(file, file->symbols[i].st_name), data))
			return;
}

/* A note of GNU's: a head, "GNU", and the id; all of them 4 bytes aligned. */
static size_t id_in(const unsigned char *at, size_t size, unsigned char *ret_id,
		    size_t room)
{
	static const char owner[] = ELF_NOTE_GNU;
	Elf64_Nhdr head;
	uint64_t name, whole;

	for (; size >= sizeof(head); at += whole, size -= whole) {
		memcpy(&head, at, sizeof(head));
		name = sizeof(head) + (head.n_namesz + UINT64_C(3)) / 4 * 4;
		whole = name + (head.n_descsz + UINT64_C(3)) / 4 * 4;
		if (whole > size)
			return 0;
		if (head.n_type != NT_GNU_BUILD_ID ||
		    head.n_namesz != sizeof(owner) ||
		    memcmp(at + sizeof(head), owner, sizeof(owner)) != 0)
			continue;
		if (head.n_descsz > room)
			return 0;
		memcpy(ret_id, at + name, head.n_descsz);
		return head.n_descsz;
	}
	return 0;
}

size_t elf_file_build_id(const struct elf_file *file, unsigned char *ret_id,
			 size_t room)
{
	const Elf64_Ehdr *head = head_of(file);
	const Elf64_Shdr *all = sections(file, head);
	size_t size = 0;

	for (unsigned int i = 0; all && !size && i < head->e_shnum; i++)
		if (all[i].sh_type == SHT_NOTE &&
		    all[i].sh_offset <= file->size &&
		    all[i].sh_size <= file->size - all[i].sh_offset)
			size = id_in(file->bytes + all[i].sh_offset,
				     all[i].sh_size, ret_id, room);
	return size;
}
