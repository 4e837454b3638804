/* SPDX-License-Identifier: MIT */
/*
 * events.c - events, with and without a HANDLE, waited for in every way
 */
#include "jobs.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "asleep.h"
#include "event.h"
#include "handles.h"

#define MS UINT64_C(1000000)

/* In what kind of apartment the test runs, and whether events have HANDLEs. */
struct setting {
	const char *name;
	int mode; /* -1: none */
	bool handles;
};

static const struct setting settings[] = {
	{"no apartment", -1, false},
	{"no apartment, handles", -1, true},
	{"MTA", COINIT_MULTITHREADED, false},
	{"MTA, handles", COINIT_MULTITHREADED, true},
	{"STA", COINIT_APARTMENTTHREADED, false},
	{"STA, handles", COINIT_APARTMENTTHREADED, true},
};

static const struct setting *setting;

static void make(struct belayi_event *event, bool automatic)
{
	HANDLE handle;

	belayi_event_init(event, automatic);
	if (setting->handles)
		assert_int_equal(belayi_event_handle(event, &handle), S_OK);
}

static void a_fresh_event_is_not_signaled(void)
{
	struct belayi_event event;
	uint64_t begun = belayi_now_ns();

	make(&event, false);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	assert_int_equal(belayi_event_wait(&event, 50), RPC_S_CALLPENDING);
	assert_in_range(belayi_now_ns() - begun, 50 * MS, BOUND_NS);
	belayi_event_deinit(&event);
}

static void a_manual_event_stays_signaled_until_it_is_reset(void)
{
	struct belayi_event event;

	make(&event, false);
	belayi_event_signal(&event);
	belayi_event_signal(&event);
	assert_int_equal(belayi_event_wait(&event, 0), S_OK);
	assert_int_equal(belayi_event_wait(&event, INFINITE), S_OK);
	belayi_event_reset(&event);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	belayi_event_deinit(&event);
}

static void an_automatic_event_ends_one_wait(void)
{
	struct belayi_event event;

	make(&event, true);
	belayi_event_signal(&event);
	belayi_event_signal(&event);
	assert_int_equal(belayi_event_wait(&event, INFINITE), S_OK);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	assert_int_equal(belayi_event_wait(&event, 5), RPC_S_CALLPENDING);
	belayi_event_deinit(&event);
}

static void a_late_signal_of_an_old_turn_changes_nothing(void)
{
	const uint64_t far = UINT64_C(1) << 35;
	struct belayi_event event;

	make(&event, false);
	belayi_event_begin(&event, far + 1);
	assert_true(belayi_event_signal_turn(&event, far + 1));
	assert_int_equal(belayi_event_wait(&event, 0), S_OK);
	belayi_event_begin(&event, far + 2);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	assert_false(belayi_event_signal_turn(&event, far + 1));
	assert_false(belayi_event_signal_turn(&event, 2));
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	assert_true(belayi_event_signal_turn(&event, far + 2));
	assert_int_equal(belayi_event_wait(&event, 0), S_OK);
	belayi_event_deinit(&event);
}

static void a_handle_made_late_is_what_the_event_was(void)
{
	struct belayi_event event;
	struct pollfd fd = {.events = POLLIN};
	HANDLE first, second;

	make(&event, false);
	belayi_event_begin(&event, 7);
	assert_true(belayi_event_signal_turn(&event, 7));
	assert_int_equal(belayi_event_handle(&event, &first), S_OK);
	assert_int_equal(belayi_event_handle(&event, &second), S_OK);
	assert_ptr_equal(first, second);
	fd.fd = belayi_handle_fd(first);
	assert_int_equal(poll(&fd, 1, 0), 1);
	belayi_event_reset(&event);
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	assert_true(belayi_event_signal_turn(&event, 7));
	assert_int_equal(poll(&fd, 1, 0), 1);
	belayi_event_deinit(&event);
}

static void who_writes_to_the_handle_signals(void)
{
	const uint64_t one = 1;
	struct belayi_event event;
	HANDLE handle;
	uint64_t count;

	make(&event, false);
	assert_int_equal(belayi_event_handle(&event, &handle), S_OK);
	assert_int_equal(write(belayi_handle_fd(handle), &one, 8), 8);
	assert_int_equal(belayi_event_wait(&event, INFINITE), S_OK);
	assert_int_equal(read(belayi_handle_fd(handle), &count, 8), 8);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	belayi_event_deinit(&event);
}

static void another_handle_can_be_the_event(void)
{
	struct belayi_event event;
	int fd = belayi_handle_new();
	HANDLE handle = belayi_handle_of(fd);
	HANDLE now;

	make(&event, true);
	belayi_event_signal(&event);
	assert_int_equal(belayi_event_set_handle(&event, handle), S_OK);
	assert_int_equal(belayi_event_handle(&event, &now), S_OK);
	assert_ptr_equal(now, handle);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	belayi_handle_signal(fd);
	assert_int_equal(belayi_event_wait(&event, INFINITE), S_OK);
	assert_int_equal(belayi_event_wait(&event, 0), RPC_S_CALLPENDING);
	assert_int_equal(
		belayi_event_set_handle(&event, belayi_handle_of(INT_MAX)),
		E_INVALIDARG);
	belayi_event_deinit(&event);
	assert_int_equal(close(fd), -1);
}

/* Threads that wait for an event, each in its own way. */
struct waiter {
	struct runner runner;
	struct belayi_event *event;
	int mode;
	HRESULT answer;
	pid_t thread; /* once it is about to wait */
	int is_over;
};

static void wait_for_it(void *data)
{
	struct waiter *waiter = data;

	if (waiter->mode >= 0)
		assert_int_equal(CoInitializeEx(NULL, (DWORD)waiter->mode),
				 S_OK);
	__atomic_store_n(&waiter->thread, gettid(), __ATOMIC_RELEASE);
	waiter->answer = belayi_event_wait(waiter->event, 30000);
	__atomic_store_n(&waiter->is_over, 1, __ATOMIC_RELEASE);
	if (waiter->mode >= 0)
		CoUninitialize();
}

#define WAITERS 6

static void start_waiters(struct waiter *waiters, struct belayi_event *event)
{
	int i;

	for (i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.event = event,
					     .mode = settings[i].mode};
		runner_start(&waiters[i].runner, wait_for_it, &waiters[i]);
	}
}

static void a_signal_ends_all_waits_for_a_manual_event(void)
{
	int i, round;

	for (round = 0; round < 20; round++) {
		struct waiter waiters[WAITERS];
		struct belayi_event event;

		make(&event, false);
		start_waiters(waiters, &event);
		if (round % 2)
			jobs_rest();
		belayi_event_signal(&event);
		for (i = 0; i < WAITERS; i++) {
			runner_join(&waiters[i].runner);
			assert_int_equal(waiters[i].answer, S_OK);
		}
		belayi_event_deinit(&event);
	}
}

static bool all_wait(struct waiter *waiters)
{
	int i;

	for (i = 0; i < WAITERS; i++)
		if (!thread_is_asleep(__atomic_load_n(&waiters[i].thread,
						      __ATOMIC_ACQUIRE)))
			return false;
	return true;
}

static int waits_that_are_over(struct waiter *waiters)
{
	int i, over = 0;

	for (i = 0; i < WAITERS; i++)
		over += __atomic_load_n(&waiters[i].is_over, __ATOMIC_ACQUIRE);
	return over;
}

static int waits_ended_by_a_moment(void)
{
	uint64_t until = belayi_now_ns() + 500 * MS;
	struct waiter waiters[WAITERS];
	struct belayi_event event;
	int i, over;

	make(&event, false);
	start_waiters(waiters, &event);
	until(all_wait(waiters));
	belayi_event_signal(&event);
	belayi_event_reset(&event);
	while (waits_that_are_over(waiters) < WAITERS &&
	       belayi_now_ns() < until)
		jobs_rest();
	over = waits_that_are_over(waiters);
	belayi_event_signal(&event);
	for (i = 0; i < WAITERS; i++)
		runner_join(&waiters[i].runner);
	belayi_event_deinit(&event);
	return over;
}

/*
 * Who is asleep on its way into the wait has seen nothing, so not quite all must
 * be over; if the woken had to find the event signaled, half would be.
 */
static void a_signal_that_is_reset_at_once_ends_waits(void)
{
	int i, over = 0;

	for (i = 0; i < 10; i++)
		over += waits_ended_by_a_moment();
	assert_in_range(over, 8 * WAITERS, 10 * WAITERS);
}

/* --- A wait that is held up ---------------------------------------------- */

static struct flag held;
static struct flag let_go;

static void hold_up(int number)
{
	(void)number;
	flag_set(&held);
	flag_wait(&let_go);
}

/* Far more than a thread may miss while it is not scheduled. */
#define MOMENTS 0x1000

static void no_number_of_signals_is_overlooked(void)
{
	const struct sigaction action = {.sa_handler = hold_up};
	struct waiter waiter = {.mode = setting->mode};
	struct belayi_event event;
	int i;

	held = (struct flag){0};
	let_go = (struct flag){0};
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	make(&event, false);
	waiter.event = &event;
	runner_start(&waiter.runner, wait_for_it, &waiter);
	until(thread_is_asleep(
		__atomic_load_n(&waiter.thread, __ATOMIC_ACQUIRE)));
	assert_int_equal(pthread_kill(waiter.runner.thread, SIGUSR1), 0);
	flag_wait(&held);
	for (i = 0; i < MOMENTS; i++) {
		belayi_event_signal(&event);
		belayi_event_reset(&event);
	}
	flag_set(&let_go);
	runner_join(&waiter.runner);
	assert_int_equal(waiter.answer, S_OK);
	belayi_event_deinit(&event);
}

static void each_signal_ends_one_wait_for_an_automatic_event(void)
{
	struct waiter waiters[WAITERS];
	struct belayi_event event;
	int i;

	make(&event, true);
	start_waiters(waiters, &event);
	for (i = 0; i < WAITERS; i++) {
		/* The last signal has been taken before the next comes. */
		while (belayi_event_wait(&event, 0) == S_OK) {
			belayi_event_signal(&event);
			jobs_rest();
		}
		belayi_event_signal(&event);
		jobs_rest();
	}
	for (i = 0; i < WAITERS; i++) {
		runner_join(&waiters[i].runner);
		assert_int_equal(waiters[i].answer, S_OK);
	}
	belayi_event_deinit(&event);
}

static void a_wait_goes_on_when_the_event_gets_a_handle(void)
{
	int i, round;

	for (round = 0; round < 20; round++) {
		struct waiter waiters[WAITERS];
		struct belayi_event event;
		HANDLE handle;

		make(&event, false);
		start_waiters(waiters, &event);
		if (round % 2)
			jobs_rest();
		assert_int_equal(belayi_event_handle(&event, &handle), S_OK);
		belayi_event_signal(&event);
		for (i = 0; i < WAITERS; i++) {
			runner_join(&waiters[i].runner);
			assert_int_equal(waiters[i].answer, S_OK);
		}
		belayi_event_deinit(&event);
	}
}

static void signal_it(struct job *job)
{
	belayi_event_signal(job->data);
}

static void a_wait_pumps_in_a_single_threaded_apartment_only(void)
{
	struct belayi_apartment *own = belayi_apartment_current();
	struct belayi_event event;
	struct job job;

	if (!own)
		return;
	make(&event, false);
	job_post(&job, own, signal_it, &event);
	assert_int_equal(belayi_event_wait(&event, 30000), S_OK);
	flag_wait(&job.ran);
	assert_int_equal(pthread_equal(job.thread, pthread_self()) != 0,
			 belayi_apartment_is_single(own));
	belayi_event_deinit(&event);
}

/* A ping-pong of automatic events: no signal is ever lost. */
struct pair {
	struct belayi_event ping;
	struct belayi_event pong;
	int rounds;
};

static void answer(void *data)
{
	struct pair *pair = data;
	int i;

	for (i = 0; i < pair->rounds; i++) {
		assert_int_equal(belayi_event_wait(&pair->ping, 30000), S_OK);
		belayi_event_signal(&pair->pong);
	}
}

static void no_signal_is_lost(void)
{
	struct pair pair = {.rounds = 3000};
	struct runner runner;
	int i;

	make(&pair.ping, true);
	make(&pair.pong, true);
	runner_start(&runner, answer, &pair);
	for (i = 0; i < pair.rounds; i++) {
		belayi_event_signal(&pair.ping);
		assert_int_equal(belayi_event_wait(&pair.pong, 30000), S_OK);
	}
	runner_join(&runner);
	belayi_event_deinit(&pair.ping);
	belayi_event_deinit(&pair.pong);
}

static void in_every_setting(void **state)
{
	void (*const test)(void) = (void (*)(void)) * state;
	unsigned int i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		setting = &settings[i];
		print_message("           %s\n", setting->name);
		if (setting->mode >= 0)
			assert_int_equal(
				CoInitializeEx(NULL, (DWORD)setting->mode),
				S_OK);
		test();
		if (setting->mode >= 0)
			CoUninitialize();
	}
}

int main(void)
{
#define TEST(name)                                                             \
	{                                                                      \
#name, in_every_setting, NULL, NULL, (void *)name              \
	}
	const struct CMUnitTest tests[] = {
		TEST(a_fresh_event_is_not_signaled),
		TEST(a_manual_event_stays_signaled_until_it_is_reset),
		TEST(an_automatic_event_ends_one_wait),
		TEST(a_late_signal_of_an_old_turn_changes_nothing),
		TEST(a_handle_made_late_is_what_the_event_was),
		TEST(who_writes_to_the_handle_signals),
		TEST(another_handle_can_be_the_event),
		TEST(a_signal_ends_all_waits_for_a_manual_event),
		TEST(a_signal_that_is_reset_at_once_ends_waits),
		TEST(no_number_of_signals_is_overlooked),
		TEST(each_signal_ends_one_wait_for_an_automatic_event),
		TEST(a_wait_goes_on_when_the_event_gets_a_handle),
		TEST(a_wait_pumps_in_a_single_threaded_apartment_only),
		TEST(no_signal_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
