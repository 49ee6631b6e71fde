// The calls of work items: make one ready, say what it runs, start it.
//
// Skep provides these calls itself, to every program type. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/wq.cpp
CallFunction bpf_wq_init, bpf_wq_set_callback, bpf_wq_set_callback_impl, bpf_wq_start;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr std::string_view init_args[] = {
    "wq: the work item, in a value of the map; it must be at its constant offset",
    "map: the map whose value holds the item; the verifier checks that it is that very map",
    "flags: must be 0",
};
constexpr ResultDoc init_results[] = {
    {"0", "the item is ready; it has no callback yet"},
    {"-EINVAL", "flags is not 0"},
    {"-EBUSY", "the item is initialized already"},
    {"-EPERM", "no user-space reference to the map is left: its descriptor is closed and it is not pinned"},
    {"-ENOMEM", "no memory for the item's state"},
};

constexpr std::string_view set_callback_args[] = {
    "wq: the work item",
    "callback_fn: a static function of the program; it is called with the map, the key and the value, and returns 0",
    "flags: must be 0",
};
constexpr std::string_view set_callback_impl_args[] = {
    "wq: the work item",
    "callback_fn: a static function of the program; it is called with the map, the key and the value, and returns 0",
    "flags: must be 0",
    "aux__ign: supplied by the verifier, whatever the program passes",
};
constexpr ResultDoc set_callback_results[] = {
    {"0", "the next run calls the function; any number of times, also while the item is pending or running"},
    {"-EINVAL", "flags is not 0, or the item is not initialized"},
    {"-EPERM", "no user-space reference to the map is left, and its items are about to be canceled"},
};

constexpr std::string_view start_args[] = {
    "wq: the work item",
    "flags: must be 0",
};
constexpr ResultDoc start_results[] = {
    {"0", "the callback will run; also when the item is pending already (one run) or running (one more run)"},
    {"-EINVAL", "flags is not 0, or the item is not initialized, or it has no callback"},
    {"-ENOMEM", "the start had to be deferred and there was no memory for that"},
    {"-ENOENT", "the start raced with the end of the element"},
};

constexpr std::string_view set_callback_details =
    "The callback is verified on its own, in a sleepable context even when the caller may not sleep, and must return "
    "0. "
    "It may set itself or another callback, start its own item again, and delete its own element.";

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_wq_init",
        .flags = call_flag::in_signal_handlers,
        .prog_types = everyone,
        .special = Special::wq_init,
        .prototype = "int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags)",
        .provided = true,
        .since = {6, 10},
        .fn = impl::bpf_wq_init,
        .doc = {.summary = "Makes the work item of a map's value ready for use.",
                .args = init_args,
                .results = init_results,
                .details = "An update, deletion, eviction or cancellation of the element makes the item uninitialized "
                           "again. An item can be in the values of array, hash, LRU hash and rhash maps, and of those "
                           "as inner maps.",
                .example = "wq.bpf.c"},
    },
    Kfunc{
        .name = "bpf_wq_set_callback",
        .flags = call_flag::implicit_args | call_flag::in_signal_handlers,
        .prog_types = everyone,
        .special = Special::wq_set_callback,
        .prototype = "int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback_fn)(void *map, int *key, void *value), "
                     "unsigned int flags)",
        .provided = true,
        .since = {7, 0},
        .fn = impl::bpf_wq_set_callback,
        .doc = {.summary = "Says which function a work item runs.",
                .args = set_callback_args,
                .results = set_callback_results,
                .details = set_callback_details,
                .example = "wq.bpf.c"},
    },
    Kfunc{
        .name = "bpf_wq_set_callback_impl",
        .flags = call_flag::in_signal_handlers,
        .prog_types = everyone,
        .special = Special::wq_set_callback,
        .prototype = "int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback_fn)(void *map, int *key, void "
                     "*value), unsigned int flags, void *aux__ign)",
        .provided = true,
        .since = {6, 10},
        .fn = impl::bpf_wq_set_callback_impl,
        .doc = {.summary = "Says which function a work item runs, as Linux 6.10 to 6.19 named it.",
                .args = set_callback_impl_args,
                .results = set_callback_results,
                .details = set_callback_details,
                .example = "wq.bpf.c"},
    },
    Kfunc{
        .name = "bpf_wq_start",
        .flags = call_flag::in_signal_handlers,
        .prog_types = everyone,
        .special = Special::wq_start,
        .prototype = "int bpf_wq_start(struct bpf_wq *wq, unsigned int flags)",
        .provided = true,
        .since = {6, 10},
        .fn = impl::bpf_wq_start,
        .doc = {.summary = "Queues a work item on the CPU that makes the call.",
                .args = start_args,
                .results = start_results,
                .details = "Started any number of times while pending, an item runs once; started while running, it "
                           "runs exactly once more, never twice at a time. Items started on one CPU begin there in the "
                           "order of their first start.",
                .example = "wq.bpf.c"},
    },
};

}  // namespace

std::span<const Kfunc> wq_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
