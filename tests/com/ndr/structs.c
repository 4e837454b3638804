/* SPDX-License-Identifier: MIT */
/*
 * structs.c - structs go through messages: by value, by reference, with
 * pointers, of any size
 */
#define INTERFACE_OF_TEST IStructs

#include "structs.h"

#include "case.h"

extern const ExtendedProxyFileInfo structs_ProxyFileInfo;

static struct loop loop;
static IStructs *const proxy = (IStructs *)(void *)&loop;

static const Padded padded = {'p', 2.5, -3, INT64_C(1) << 40, 9};

METHOD(by_value, One a, Two b, Three c, Four d, Eight e, Eights f, Twelve g,
       Sixteen h, double *sum)
{
	(void)This;
	*sum = a.a + b.a + c.a[0] + c.a[1] + c.a[2] + (double)d.a + e.a + e.b +
	       f.a + g.a + g.b + g.c + h.a + (double)h.b;
	return S_OK;
}

static bool is_padded(const Padded *p)
{
	return p->a == 'p' && p->b == 2.5 && p->c == -3 &&
	       p->d == INT64_C(1) << 40 && p->e == 9;
}

METHOD(by_value_large, Padded a, LONG b, Nested c, GUID d, double *sum)
{
	(void)This;
	*sum = b + c.list[1].c + d.Data4[7];
	return is_padded(&a) && is_padded(&c.inner) ? S_OK : E_FAIL;
}

METHOD(by_reference, Padded *a, Nested *b, double *sum)
{
	(void)This;
	*sum = b->list[0].a + b->guid.Data1;
	return is_padded(a) && is_padded(&b->inner) ? S_OK : E_FAIL;
}

METHOD(out, Padded *a, Nested *b, Three *c)
{
	(void)This;
	*a = padded;
	b->inner = padded;
	b->list[1].b = 77;
	c->a[2] = 3;
	return S_OK;
}

METHOD(twice, Padded *a, Eight *b)
{
	(void)This;
	a->b *= 2;
	b->b *= 2;
	return S_OK;
}

METHOD(maybe, Padded *a, BOOL *is_null)
{
	(void)This;
	*is_null = !a;
	return !a || is_padded(a) ? S_OK : E_FAIL;
}

METHOD(make_one, Padded **a)
{
	(void)This;
	*a = made(sizeof(**a));
	**a = padded;
	return S_OK;
}

METHOD(deal, Card a, Card *b, Card *c)
{
	(void)This;
	c->suit = b->suit;
	c->rank = (short)(a.rank + b->rank);
	return S_OK;
}

METHOD(greet, Person *who, WCHAR **text)
{
	(void)This;
	*text = made_text(who->name ? who->name : u"nobody");
	if (who->age && *who->age != 33)
		return E_FAIL;
	return !who->more || is_padded(who->more) ? S_OK : E_FAIL;
}

METHOD(meet, Person *who)
{
	(void)This;
	who->name = made_text(u"Ada");
	who->note = NULL;
	who->age = made(sizeof(*who->age));
	*who->age = 36;
	return S_OK;
}

/* Frees some, makes some, as whoever has the struct may. */
METHOD(grow_older, Person *who)
{
	(void)This;
	free(who->name);
	who->name = made_text(u"somebody else, with a longer name");
	free(who->note);
	who->note = NULL;
	if (who->age)
		++*who->age;
	if (!who->more) {
		who->more = made(sizeof(*who->more));
		*who->more = padded;
	}
	return S_OK;
}

METHOD(sum_vector, Vector *v, hyper *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; v->values && i < v->count; i++)
		*sum += v->values[i];
	return S_OK;
}

METHOD(make_vector, ULONG count, Vector *v)
{
	(void)This;
	v->count = count;
	v->values = made(count * sizeof(*v->values));
	for (ULONG i = 0; i < count; i++)
		v->values[i] = (LONG)i;
	return S_OK;
}

METHOD(sum_open, Open *o, hyper *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < o->count; i++)
		*sum += o->values[i];
	return S_OK;
}

METHOD(make_open, ULONG count, Open **o)
{
	(void)This;
	*o = made(sizeof(**o) + count * sizeof(LONG));
	(*o)->count = count;
	for (ULONG i = 0; i < count; i++)
		(*o)->values[i] = 3;
	return S_OK;
}

METHOD(sum_window, Window *w, hyper *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < w->size; i++)
		*sum += w->values[i];
	return S_OK;
}

METHOD(text_length, Text *t, ULONG *length)
{
	(void)This;
	for (*length = 0; t->text[*length];)
		++*length;
	return S_OK;
}

METHOD(sum_list, Node *list, hyper *sum)
{
	(void)This;
	for (*sum = 0; list; list = list->next)
		*sum += list->value;
	return S_OK;
}

METHOD(make_list, ULONG count, Node **list)
{
	(void)This;
	for (*list = NULL; count; count--) {
		Node *node = made(sizeof(*node));

		*node = (Node){(LONG)count, *list};
		*list = node;
	}
	return S_OK;
}

METHOD(crowd_age, Crowd *crowd, hyper *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < crowd->count; i++)
		if (crowd->people[i].age)
			*sum += *crowd->people[i].age;
	return S_OK;
}

static const IStructsVtbl vtable = {
	OBJECT_UNKNOWN,
	.ByValue = by_value,
	.ByValueLarge = by_value_large,
	.ByReference = by_reference,
	.Out = out,
	.Twice = twice,
	.Maybe = maybe,
	.MakeOne = make_one,
	.Deal = deal,
	.Greet = greet,
	.Meet = meet,
	.Age = grow_older,
	.SumVector = sum_vector,
	.MakeVector = make_vector,
	.SumOpen = sum_open,
	.MakeOpen = make_open,
	.SumWindow = sum_window,
	.TextLength = text_length,
	.SumList = sum_list,
	.MakeList = make_list,
	.CrowdAge = crowd_age,
};

static struct object object = {&vtable, &IID_IStructs, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&structs_ProxyFileInfo));
	loop_init(&loop, &IID_IStructs, &object);
	return 0;
}

static void structs_are_passed_by_value(void **state)
{
	Nested nested = {.inner = padded, .list[1].c = 10};
	GUID guid = {.Data4[7] = 5};
	double sum;

	(void)state;
	assert_ok(proxy->lpVtbl->ByValue(
		proxy, (One){1}, (Two){2}, (Three){{3, 4, 5}}, (Four){6.5F},
		(Eight){7, 8}, (Eights){9.25}, (Twelve){10, 11, 12},
		(Sixteen){13.5, 14}, &sum));
	assert_true(sum == 106.25);
	assert_ok(IStructs_ByValueLarge(proxy, padded, 3, nested, guid, &sum));
	assert_true(sum == 18);
}

static void structs_are_passed_by_reference(void **state)
{
	Nested nested = {.inner = padded, .list[0].a = 10, .guid.Data1 = 90};
	Padded copy = padded, *one;
	Eight eight = {1, 21};
	Three three;
	BOOL is_null;
	double sum;

	(void)state;
	assert_ok(IStructs_ByReference(proxy, &copy, &nested, &sum));
	assert_true(sum == 100);
	memset(&copy, 0, sizeof(copy));
	assert_ok(IStructs_Out(proxy, &copy, &nested, &three));
	assert_true(is_padded(&copy) && is_padded(&nested.inner));
	assert_int_equal(nested.list[1].b, 77);
	assert_int_equal(three.a[2], 3);
	assert_ok(IStructs_Twice(proxy, &copy, &eight));
	assert_true(copy.b == 5 && eight.a == 1 && eight.b == 42);
	assert_ok(IStructs_Maybe(proxy, NULL, &is_null));
	assert_true(is_null);
	copy.b = 2.5;
	assert_ok(IStructs_Maybe(proxy, &copy, &is_null));
	assert_false(is_null);
	assert_ok(IStructs_MakeOne(proxy, &one));
	assert_true(is_padded(one));
	free(one);
}

static void an_enumeration_has_its_range(void **state)
{
	Card a = {SUIT_HEARTS, 3}, b = {SUIT_HEARTS, 4}, c;

	(void)state;
	assert_ok(IStructs_Deal(proxy, a, &b, &c));
	assert_int_equal(c.suit, SUIT_HEARTS);
	assert_int_equal(c.rank, 7);
	b.suit = (Suit)40000;
	assert_int_equal(IStructs_Deal(proxy, a, &b, &c),
			 HRESULT_FROM_WIN32(RPC_X_ENUM_VALUE_OUT_OF_RANGE));
}

static void structs_lead_to_other_memory(void **state)
{
	LONG age = 33;
	Padded more = padded;
	Person who = {made_text(u"A"), NULL, &age, &more}, other = {NULL};
	WCHAR *text;

	(void)state;
	assert_ok(IStructs_Greet(proxy, &who, &text));
	assert_memory_equal(text, u"A", 4);
	free(text);
	assert_ok(IStructs_Greet(proxy, &other, &text));
	assert_memory_equal(text, u"nobody", 14);
	free(text);
	assert_ok(IStructs_Meet(proxy, &other));
	assert_memory_equal(other.name, u"Ada", 8);
	assert_null(other.note);
	assert_int_equal(*other.age, 36);
	assert_null(other.more);
	other.note = strdup("to be freed");
	assert_ok(IStructs_Age(proxy, &other));
	assert_memory_equal(other.name, u"somebody", 16);
	assert_null(other.note);
	assert_int_equal(*other.age, 37);
	assert_true(is_padded(other.more));
	free(who.name);
	free(other.name);
	free(other.age);
	free(other.more);
}

static void structs_count_what_they_have(void **state)
{
	/* In C they end with an array of one element. */
	LONG open_memory[] = {3, 20, 21, 22};
	LONG window_memory[] = {4, 2, 1 | 2 << 16, 4 | 8 << 16};
	LONG text_memory[] = {4, u'a' | u'b' << 16, u'c'};
	Open *open = (Open *)open_memory;
	Window *window = (Window *)window_memory;
	Text *text = (Text *)text_memory;
	LONG values[] = {1, 2, 3};
	Vector vector = {3, values};
	Open *made_open;
	ULONG length;
	hyper sum;

	(void)state;
	assert_ok(IStructs_SumVector(proxy, &vector, &sum));
	assert_int_equal(sum, 6);
	vector = (Vector){3, NULL};
	assert_ok(IStructs_SumVector(proxy, &vector, &sum));
	assert_int_equal(sum, 0);
	assert_ok(IStructs_MakeVector(proxy, 4, &vector));
	assert_int_equal(vector.count, 4);
	assert_int_equal(vector.values[3], 3);
	free(vector.values);
	assert_ok(IStructs_SumOpen(proxy, open, &sum));
	assert_int_equal(sum, 63);
	open->count = 0;
	assert_ok(IStructs_SumOpen(proxy, open, &sum));
	assert_int_equal(sum, 0);
	assert_ok(IStructs_MakeOpen(proxy, 5, &made_open));
	assert_int_equal(made_open->count, 5);
	assert_int_equal(made_open->values[4], 3);
	free(made_open);
	assert_ok(IStructs_SumWindow(proxy, window, &sum));
	assert_int_equal(sum, 3);
	window->length = 5;
	assert_int_equal(IStructs_SumWindow(proxy, window, &sum),
			 HRESULT_FROM_WIN32(RPC_S_INVALID_BOUND));
	assert_ok(IStructs_TextLength(proxy, text, &length));
	assert_int_equal(length, 3);
	text->size = 3;
	assert_int_equal(IStructs_TextLength(proxy, text, &length),
			 HRESULT_FROM_WIN32(RPC_S_INVALID_BOUND));
}

static void free_list(Node *list)
{
	while (list) {
		Node *next = list->next;

		free(list);
		list = next;
	}
}

static void lists_are_followed_to_a_depth(void **state)
{
	Node ring = {1, &ring};
	Node *list;
	hyper sum;

	(void)state;
	assert_ok(IStructs_MakeList(proxy, 5, &list));
	assert_int_equal(list->next->next->value, 3);
	assert_ok(IStructs_SumList(proxy, list, &sum));
	assert_int_equal(sum, 15);
	free_list(list);
	loop_damages = false;
	assert_ok(IStructs_MakeList(proxy, 400, &list));
	assert_ok(IStructs_SumList(proxy, list, &sum));
	assert_int_equal(sum, 80200);
	loop_damages = true;
	free_list(list);
	assert_int_equal(IStructs_SumList(proxy, &ring, &sum), E_INVALIDARG);
}

static void arrays_are_of_structs_that_lead_on(void **state)
{
	LONG ages[] = {40, 2};
	Person people[] = {{NULL, (char *)"note", &ages[0], NULL},
			   {NULL},
			   {NULL, NULL, &ages[1]}};
	Crowd crowd = {3, people};
	hyper sum;

	(void)state;
	assert_ok(IStructs_CrowdAge(proxy, &crowd, &sum));
	assert_int_equal(sum, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structs_are_passed_by_value),
		cmocka_unit_test(structs_are_passed_by_reference),
		cmocka_unit_test(an_enumeration_has_its_range),
		cmocka_unit_test(structs_lead_to_other_memory),
		cmocka_unit_test(structs_count_what_they_have),
		cmocka_unit_test(lists_are_followed_to_a_depth),
		cmocka_unit_test(arrays_are_of_structs_that_lead_on),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
