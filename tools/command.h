/* SPDX-License-Identifier: MIT */
/*
 * command.h - the subcommands of belay
 *
 * Each gets its own name as argv[0] and returns the exit status.
 */
#ifndef BELAY_TOOLS_COMMAND_H
#define BELAY_TOOLS_COMMAND_H

int command_run(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_report(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_apis(int argc, char **argv);
int command_policies(int argc, char **argv);
int command_idl(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif
