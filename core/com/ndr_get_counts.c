/* SPDX-License-Identifier: MIT */
/*
 * ndr_get_counts.c - whether counts are what a message says
 */
#include "ndr_counts.h"
#include "ndr_get_parts.h"

static bool is_late(const struct belayi_reader *reader,
		    const struct belayi_count *count)
{
	if (reader->discards)
		return true;
	return reader->is_reply ? count->late_out : count->late_in;
}

/* Notes what an argument must be that comes later. */
static bool note(struct belayi_reader *reader, const struct belayi_count *count,
		 int64_t told)
{
	uint64_t bit = UINT64_C(1) << count->number;

	if (reader->counted & bit)
		return reader->counts[count->number] == told ||
		       belayi_get_bad(reader);
	reader->counted |= bit;
	reader->counts[count->number] = told;
	reader->counts_of[count->number] = count;
	return true;
}

bool belayi_get_is_count(struct belayi_reader *reader,
			 const struct belayi_count *count,
			 const unsigned char *base, int64_t told)
{
	bool field_is_late = reader->is_late;
	int64_t value;

	reader->told = told;
	reader->is_late = false;
	if (count->where == BELAYI_NOWHERE)
		return true;
	if (count->where == BELAYI_IMAGE && is_late(reader, count))
		return note(reader, count, told);
	if (count->where == BELAYI_FIELD && field_is_late)
		return true;
	return (belayi_count_value(count, reader->image, base, &value) &&
		value == told) ||
	       belayi_get_bad(reader);
}

bool belayi_get_is_size(struct belayi_reader *reader,
			const struct belayi_type *tail,
			const unsigned char *base)
{
	return belayi_get_is_count(reader,
				   tail->shape == BELAYI_ARRAY
					   ? &tail->array.size
					   : &tail->string.size,
				   base, reader->max);
}

bool belayi_get_count_of(struct belayi_reader *reader,
			 const struct belayi_count *count,
			 const unsigned char *base, int64_t *ret_value)
{
	if (count->where == BELAYI_IMAGE && is_late(reader, count)) {
		*ret_value = reader->counts[count->number];
		return true;
	}
	return belayi_count_value(count, reader->image, base, ret_value) ||
	       belayi_get_bad(reader);
}

bool belayi_get_agrees(struct belayi_reader *reader)
{
	int64_t value;

	for (uint64_t rest = reader->counted; rest; rest &= rest - 1) {
		int number = __builtin_ctzll(rest);

		if (!belayi_count_value(reader->counts_of[number],
					reader->image, NULL, &value) ||
		    value != reader->counts[number])
			return belayi_get_bad(reader);
	}
	return true;
}
