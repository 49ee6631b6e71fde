// A plugin in C for `skep --host`: the module that tests/api/api.bpf.c was written against.
#include <skep/skep.h>

static uint64_t sum(const struct skep_call *call)
{
	const uint8_t *bytes = (const uint8_t *)(uintptr_t)call->args[0];
	uint64_t total = 0;

	for (uint64_t i = 0; i < call->sizes[0]; i++)
		total += bytes[i];
	return total;
}

static uint64_t number(const struct skep_call *call)
{
	return call->args[0] + *(const uint64_t *)call->user;
}

static uint64_t one = 1;
static const struct skep_kfunc kfuncs[] = {
	{ "u64 app_sum(const u8 *data, u32 data__sz)", 0, SKEP_ANY_PROGRAM, sum, NULL },
	{ "u64 app_number(u64 number)", 0, SKEP_ANY_PROGRAM, number, &one },
};
static const char *const types[] = { "struct app_ops { int (*choose)(u64 a, u64 b); int (*unused)(u64 a); }", NULL };
static const char *const tables[] = { "app_ops", NULL };
static const char *const functions[] = { "int app_hook(u64 a, u64 b)", NULL };
static const char *const modifiable[] = { "app_hook", NULL };
static const struct skep_module app = {
	.size = sizeof(app), .name = "app", .types = types, .kfuncs = kfuncs, .kfunc_count = 2,
	.functions = functions, .modifiable = modifiable, .struct_ops = tables,
};
static const struct skep_module *const modules[] = { &app };
static const struct skep_plugin plugin = { .size = sizeof(plugin), .modules = modules, .module_count = 1 };

__attribute__((visibility("default"))) const struct skep_plugin *skep_plugin(void)
{
	return &plugin;
}
