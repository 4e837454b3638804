/* SPDX-License-Identifier: MIT */
/*
 * unions.c - unions go through messages: their tag inside, in a struct, and in
 * another argument
 */
#define INTERFACE_OF_TEST IUnions

#include "unions.h"

#include "case.h"

extern const ExtendedProxyFileInfo unions_ProxyFileInfo;

static struct loop loop;
static IUnions *const proxy = (IUnions *)(void *)&loop;

static double length_of(const WCHAR *text)
{
	double length = 0;

	for (; text && *text; text++)
		length++;
	return length;
}

METHOD(take_inside, Inside *v, double *number)
{
	(void)This;
	switch (v->kind) {
	case 1:
		*number = v->value.number;
		break;
	case 2:
		*number = v->value.real;
		break;
	case 3:
		*number = length_of(v->value.text);
		break;
	case 4:
		*number = v->value.point.x + v->value.point.y;
		break;
	default:
		*number = -1;
		break;
	}
	return S_OK;
}

METHOD(make_inside, LONG kind, Inside *v)
{
	(void)This;
	v->kind = kind;
	if (kind == 3)
		v->value.text = made_text(u"text");
	if (kind == 2)
		v->value.real = 0.5;
	return S_OK;
}

/* Another arm than before. */
METHOD(twice_inside, Inside *v)
{
	(void)This;
	if (v->kind == 3)
		free(v->value.text);
	v->kind = v->kind == 3 ? 1 : 3;
	if (v->kind == 3)
		v->value.text = made_text(u"new");
	else
		v->value.number = 31;
	return S_OK;
}

static double number_of(short kind, const Bare *v)
{
	switch (kind) {
	case 1:
		return v->number;
	case 2:
	case 3:
		return v->real;
	case 4:
		return v->text ? (double)strlen(v->text) : 0;
	default:
		return -1;
	}
}

METHOD(take_bare, short kind, Bare *v, double *number)
{
	(void)This;
	*number = number_of(kind, v);
	return S_OK;
}

METHOD(take_holder, Holder *v, double *number)
{
	(void)This;
	*number = number_of(v->kind, (const Bare *)&v->value);
	return S_OK;
}

METHOD(make_holder, short kind, Holder *v)
{
	(void)This;
	v->kind = kind;
	if (kind == 4)
		v->value.text = strdup("held");
	return S_OK;
}

static const IUnionsVtbl vtable = {
	OBJECT_UNKNOWN,
	.TakeInside = take_inside,
	.MakeInside = make_inside,
	.TwiceInside = twice_inside,
	.TakeBare = take_bare,
	.TakeHolder = take_holder,
	.MakeHolder = make_holder,
};

static struct object object = {&vtable, &IID_IUnions, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&unions_ProxyFileInfo));
	loop_init(&loop, &IID_IUnions, &object);
	return 0;
}

static void a_union_has_its_tag_inside(void **state)
{
	Inside v = {.kind = 1, .value.number = 7};
	double number;

	(void)state;
	assert_ok(IUnions_TakeInside(proxy, &v, &number));
	assert_true(number == 7);
	v = (Inside){.kind = 2, .value.real = 2.5};
	assert_ok(IUnions_TakeInside(proxy, &v, &number));
	assert_true(number == 2.5);
	v = (Inside){.kind = 3, .value.text = (WCHAR *)u"three"};
	assert_ok(IUnions_TakeInside(proxy, &v, &number));
	assert_true(number == 5);
	v = (Inside){.kind = 4, .value.point = {3, -1}};
	assert_ok(IUnions_TakeInside(proxy, &v, &number));
	assert_true(number == 2);
	v.kind = 99;
	assert_ok(IUnions_TakeInside(proxy, &v, &number));
	assert_true(number == -1);
	assert_ok(IUnions_MakeInside(proxy, 3, &v));
	assert_memory_equal(v.value.text, u"text", 10);
	assert_ok(IUnions_TwiceInside(proxy, &v));
	assert_int_equal(v.kind, 1);
	assert_int_equal(v.value.number, 31);
	assert_ok(IUnions_TwiceInside(proxy, &v));
	assert_memory_equal(v.value.text, u"new", 8);
	free(v.value.text);
}

static void a_union_has_its_tag_beside(void **state)
{
	Bare v = {.number = 5};
	Holder holder = {.kind = 3, .value.real = 0.25};
	double number;

	(void)state;
	assert_ok(IUnions_TakeBare(proxy, 1, &v, &number));
	assert_true(number == 5);
	v.text = (char *)"four";
	assert_ok(IUnions_TakeBare(proxy, 4, &v, &number));
	assert_true(number == 4);
	assert_ok(IUnions_TakeBare(proxy, -1, &v, &number));
	assert_true(number == -1);
	assert_ok(IUnions_TakeHolder(proxy, &holder, &number));
	assert_true(number == 0.25);
	assert_ok(IUnions_MakeHolder(proxy, 4, &holder));
	assert_string_equal(holder.value.text, "held");
	free(holder.value.text);
	assert_ok(IUnions_MakeHolder(proxy, 77, &holder));
	assert_int_equal(holder.kind, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_union_has_its_tag_inside),
		cmocka_unit_test(a_union_has_its_tag_beside),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
