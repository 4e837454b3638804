/* SPDX-License-Identifier: MIT */
/*
 * confined.c - runs a program where memory that holds code is restricted
 *
 *     confined MODE PROGRAM [ARGUMENT]...
 *
 * The mode is
 *
 *     mdwe     what the kernel refuses after PR_SET_MDWE: memory that is
 *              writable and executable, and making memory executable
 *     systemd  what MemoryDenyWriteExecute= of systemd refuses: the same, with
 *              a filter of system calls
 *     closed   besides, executable memory that is no file's, and files that
 *              are mapped shared: what is left is loading libraries
 *
 * Exits with 77, which is a skipped test, where the kernel has no such thing.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SKIPPED 77

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1UL
#endif

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

/*
 * struct rule - a system call that is refused
 *
 * all: bits of its third argument that are all set
 * any: bits of its fourth, of which one is set; 0: it does not matter
 */
struct rule {
	uint32_t call;
	uint32_t all;
	uint32_t any;
};

static const struct rule rules[] = {
	{SYS_mmap, PROT_WRITE | PROT_EXEC, 0},
	{SYS_mprotect, PROT_EXEC, 0},
	{SYS_pkey_mprotect, PROT_EXEC, 0},
	{SYS_shmat, SHM_EXEC, 0},
	{SYS_mmap, PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS}, /* "closed" only */
};

#define RULES (sizeof(rules) / sizeof(rules[0]))
#define RULE_SIZE 8

/* The low half of an argument, on a little-endian machine. */
#define ARGUMENT(number) (offsetof(struct seccomp_data, args) + (number)*8)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define SKIP_UNLESS(test, value, count)                                        \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, value, 0, count)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static void write_rule(struct sock_filter *to, const struct rule *rule)
{
	const struct sock_filter code[RULE_SIZE] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		SKIP_UNLESS(BPF_JEQ, rule->call, 6),
		LOAD(ARGUMENT(2)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rule->all),
		SKIP_UNLESS(BPF_JEQ, rule->all, 3),
		LOAD(ARGUMENT(3)),
		/* Without bits this is "greater or equal 0", so always true. */
		SKIP_UNLESS(rule->any ? BPF_JSET : BPF_JGE, rule->any, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
	};

	memcpy(to, code, sizeof(code));
}

static bool filter(size_t count)
{
	struct sock_filter code[RULES * RULE_SIZE + 4] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = (unsigned short)(4 + count * RULE_SIZE),
		.filter = code,
	};

	for (size_t i = 0; i < count; i++)
		write_rule(&code[3 + i * RULE_SIZE], &rules[i]);
	code[3 + count * RULE_SIZE] =
		(struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	return ARCHITECTURE && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Whether it is as it should be: or the test would prove nothing. */
static bool is_refused(bool closed)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		return false;
	memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return closed == (memory == MAP_FAILED);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	const bool closed = !strcmp(mode, "closed");
	bool confined;

	if (!strcmp(mode, "mdwe")) {
		confined =
			!prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	} else if (closed || !strcmp(mode, "systemd")) {
		confined = filter(closed ? RULES : RULES - 1);
	} else {
		(void)fprintf(stderr, "Usage: confined mdwe|systemd|closed "
				      "PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	if (!confined) {
		perror("confined: not here");
		return SKIPPED;
	}
	if (!is_refused(closed)) {
		(void)fprintf(stderr, "confined: %s refuses the wrong things\n",
			      mode);
		return 1;
	}
	(void)execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
