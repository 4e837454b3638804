/* SPDX-License-Identifier: MIT */
/*
 * model.c - a call object as simple as it can be: one step at a time
 */
#include "model.h"

const char *const verb_names[] = {
#define NAME(name) #name,
	VERBS(NAME)
#undef NAME
};

#define STATE(name) BELAY_CALL_##name

/* The other side has the call, or will have it; there is no outcome. */
static bool is_open(const struct model *model)
{
	return model->state == STATE(STARTING) ||
	       model->state == STATE(PENDING) ||
	       model->state == STATE(CANCELWAIT);
}

static bool is_settled(const struct model *model)
{
	return model->state == STATE(COMPLETED) ||
	       model->state == STATE(CANCELED);
}

static int go(struct model *model, int state, int next)
{
	model->state = (uint8_t)state;
	return next;
}

static int end_turn(struct model *model)
{
	model->turn++;
	model->state = STATE(IDLE);
	model->known = model->claimed = model->held = model->owed =
		model->abandoned = 0;
	return FINISHED;
}

/* The last step, if this is the answer. */
static int answers(const struct action *action, int32_t answer)
{
	return action->answer == answer ? FINISHED : IMPOSSIBLE;
}

static int step_begin(struct model *model, const struct action *action,
		      int step)
{
	bool faulty = action->verb == VERB_FAULT;

	if (step == 0 && model->state != STATE(IDLE))
		return answers(action, RPC_E_CALL_PENDING);
	if (step == 0 && action->answer != (faulty ? E_ACCESSDENIED : S_OK))
		return IMPOSSIBLE;
	if (step == 0 && !faulty && action->turn != model->turn)
		return IMPOSSIBLE;
	if (step == 0)
		return go(model, STATE(STARTING), 1);
	if (!faulty) {
		model->known = 1;
		return FINISHED;
	}
	return step == 1 ? go(model, STATE(FINISHING), 2) : end_turn(model);
}

static int step_accept(struct model *model, const struct action *action)
{
	if (model->turn != action->turn || model->state != STATE(STARTING))
		return answers(action, false);
	model->state = STATE(PENDING);
	return answers(action, true);
}

static int step_refuse(struct model *model, const struct action *action,
		       int step)
{
	if (step == 1)
		return end_turn(model);
	if (model->turn != action->turn || !model->known ||
	    (!is_open(model) && !is_settled(model)))
		return answers(action, false);
	return action->answer ? go(model, STATE(FINISHING), 1) : IMPOSSIBLE;
}

static int publish(struct model *model, const struct action *action)
{
	model->state = STATE(COMPLETED);
	return answers(action, true);
}

static int step_complete(struct model *model, const struct action *action,
			 int step)
{
	if (step == 0 &&
	    (model->turn != action->turn || !model->known || !is_open(model)))
		return answers(action, false);
	if (step == 0)
		return go(model, STATE(SETTLING), 1);
	model->value = action->value;
	if (action->verb == VERB_COMPLETE || model->owed)
		return publish(model, action);
	model->held = 1;
	return answers(action, false);
}

static int step_release(struct model *model, const struct action *action,
			int step)
{
	if (step == 1)
		return publish(model, action);
	if (model->turn != action->turn || !model->held)
		return answers(action, false);
	model->held = 0;
	return 1;
}

/* What a Cancel finds; S_OK: something to cancel. */
static int32_t found(struct model *model, uint32_t turn)
{
	if (model->turn != turn || !model->known)
		return RPC_E_CALL_COMPLETE;
	if (model->state == STATE(CANCELWAIT) ||
	    model->state == STATE(CANCELED) ||
	    (model->state == STATE(SETTLING) && model->abandoned))
		return RPC_E_CALL_CANCELED;
	if (model->state == STATE(SETTLING) && !model->held)
		model->owed = 1;
	return (is_open(model) || model->held) ? S_OK : RPC_E_CALL_COMPLETE;
}

static int claim_for_cancel(struct model *model)
{
	model->held = 0;
	model->abandoned = 1;
	return go(model, STATE(SETTLING), 1);
}

static int step_cancel(struct model *model, const struct action *action,
		       int step)
{
	int32_t hr;

	if (step == 1)
		return go(model, STATE(CANCELED), FINISHED);
	hr = found(model, action->turn);
	if (action->answer != hr)
		return IMPOSSIBLE;
	return hr == S_OK ? claim_for_cancel(model) : FINISHED;
}

static int step_cancel_long(struct model *model, const struct action *action,
			    int step)
{
	int32_t hr;

	if (step == 0) {
		hr = found(model, action->turn);
		if (hr != S_OK)
			return answers(action, hr);
		if (!model->held)
			model->state = STATE(CANCELWAIT);
		return 1;
	}
	if (model->turn != action->turn || model->state == STATE(COMPLETED) ||
	    model->state == STATE(FINISHING))
		return answers(action, RPC_E_CALL_COMPLETE);
	return model->state == STATE(CANCELED)
		       ? answers(action, RPC_E_CALL_CANCELED)
		       : IMPOSSIBLE;
}

static int step_answered(struct model *model, const struct action *action,
			 int step)
{
	if (step == 1)
		return go(model, STATE(CANCELED), FINISHED);
	if (model->turn != action->turn || !model->known ||
	    (!is_open(model) && !model->held))
		return FINISHED;
	return claim_for_cancel(model);
}

static int step_test(const struct model *model, const struct action *action)
{
	if (model->turn != action->turn || model->state == STATE(IDLE))
		return answers(action, RPC_E_CALL_COMPLETE);
	if (model->state == STATE(CANCELWAIT) || model->abandoned)
		return answers(action, RPC_E_CALL_CANCELED);
	return answers(action, RPC_S_CALLPENDING);
}

static int step_look(const struct model *model, const struct action *action)
{
	bool over =
		model->turn != action->turn || model->state >= STATE(COMPLETED);

	return answers(action, over ? S_OK : RPC_S_CALLPENDING);
}

static int step_collect(struct model *model, const struct action *action,
			int step)
{
	int32_t result =
		model->state == STATE(COMPLETED) ? model->value : action->value;

	if (step == 2)
		return end_turn(model);
	if (model->turn != action->turn || !model->known || model->held)
		return answers(action, false);
	if (is_open(model) || is_settled(model))
		return action->answer && action->outcome == result
			       ? go(model, STATE(FINISHING), 2)
			       : IMPOSSIBLE;
	if (model->state != STATE(SETTLING))
		return answers(action, false);
	if (step == 0 && !model->abandoned)
		model->owed = 1;
	return step == 0 ? 1 : IMPOSSIBLE;
}

static int claim_for_finish(struct model *model, const struct action *action,
			    int thread)
{
	if (!model->known || model->claimed || model->state == STATE(FINISHING))
		return answers(action, RPC_E_CALL_COMPLETE);
	model->claimed = 1;
	model->captured[thread] = model->turn;
	return 1;
}

static int step_finish(struct model *model, const struct action *action,
		       int step, int thread)
{
	int32_t result = model->abandoned ? RESULT_CANCELED : model->value;

	if (step == 0)
		return claim_for_finish(model, action, thread);
	if (step == 2) {
		model->captured[thread] = 0;
		return end_turn(model);
	}
	if (model->turn == model->captured[thread] && is_settled(model))
		return action->answer == S_OK && action->outcome == result
			       ? go(model, STATE(FINISHING), 2)
			       : IMPOSSIBLE;
	if (model->turn == model->captured[thread] &&
	    model->state != STATE(FINISHING))
		return IMPOSSIBLE;
	model->captured[thread] = 0;
	return answers(action, RPC_E_CALL_COMPLETE);
}

int model_step(struct model *model, const struct action *action, int step,
	       int thread)
{
	switch (action->verb) {
	case VERB_BEGIN:
	case VERB_FAULT:
		return step_begin(model, action, step);
	case VERB_ACCEPT:
		return step_accept(model, action);
	case VERB_REFUSE:
		return step_refuse(model, action, step);
	case VERB_COMPLETE:
	case VERB_HOLD:
		return step_complete(model, action, step);
	case VERB_RELEASE:
		return step_release(model, action, step);
	case VERB_CANCEL:
		return step_cancel(model, action, step);
	case VERB_CANCEL_LONG:
		return step_cancel_long(model, action, step);
	case VERB_ANSWERED:
		return step_answered(model, action, step);
	case VERB_TEST:
		return step_test(model, action);
	case VERB_LOOK:
		return step_look(model, action);
	case VERB_COLLECT:
		return step_collect(model, action, step);
	case VERB_FINISH:
		return step_finish(model, action, step, thread);
	default:
		return IMPOSSIBLE;
	}
}

bool model_waits(const struct model *model, enum verb verb, uint32_t turn)
{
	if (verb == VERB_FINISH)
		return model->known && !model->claimed && !is_settled(model) &&
		       model->state != STATE(FINISHING);
	if (verb == VERB_CANCEL_LONG)
		return model->turn == turn && model->known &&
		       (model->state == STATE(STARTING) ||
			model->state == STATE(PENDING) || model->held);
	return false;
}
