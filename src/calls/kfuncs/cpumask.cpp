// CPU masks.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/impl/objects.hpp"
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/cpumask.cpp
CallFunction bpf_cpumask_acquire, bpf_cpumask_and, bpf_cpumask_any_and_distribute, bpf_cpumask_any_distribute,
    bpf_cpumask_clear, bpf_cpumask_clear_cpu, bpf_cpumask_copy, bpf_cpumask_create, bpf_cpumask_empty,
    bpf_cpumask_equal, bpf_cpumask_first, bpf_cpumask_first_and, bpf_cpumask_first_zero, bpf_cpumask_full,
    bpf_cpumask_intersects, bpf_cpumask_or, bpf_cpumask_populate, bpf_cpumask_release, bpf_cpumask_set_cpu,
    bpf_cpumask_setall, bpf_cpumask_subset, bpf_cpumask_test_and_clear_cpu, bpf_cpumask_test_and_set_cpu,
    bpf_cpumask_test_cpu, bpf_cpumask_weight, bpf_cpumask_xor;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_cpumask_acquire",
        .flags = call_flag::acquire,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_acquire,
        .doc = {.summary = "Takes one more reference to a CPU mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_and",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype =
            "bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_and,
        .doc = {.summary = "Stores the CPUs that are in both of two masks; whether there is one."},
    },
    Kfunc{
        .name = "bpf_cpumask_any_and_distribute",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "u32 bpf_cpumask_any_and_distribute(const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_any_and_distribute,
        .doc = {.summary = "Gives a CPU that is in both of two masks, another one from call to call."},
    },
    Kfunc{
        .name = "bpf_cpumask_any_distribute",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "u32 bpf_cpumask_any_distribute(const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_any_distribute,
        .doc = {.summary = "Gives a CPU of a mask, another one from call to call."},
    },
    Kfunc{
        .name = "bpf_cpumask_clear",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "void bpf_cpumask_clear(struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_clear,
        .doc = {.summary = "Takes all CPUs out of a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_clear_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "void bpf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_clear_cpu,
        .doc = {.summary = "Takes a CPU out of a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_copy",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "void bpf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src)",
        .fn = impl::bpf_cpumask_copy,
        .doc = {.summary = "Makes a mask the same as another."},
    },
    Kfunc{
        .name = "bpf_cpumask_create",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "struct bpf_cpumask *bpf_cpumask_create(void)",
        .fn = impl::bpf_cpumask_create,
        .doc = {.summary = "Makes an empty CPU mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_empty",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_empty(const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_empty,
        .doc = {.summary = "Whether no CPU is in a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_equal",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_equal(const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_equal,
        .doc = {.summary = "Whether the same CPUs are in two masks."},
    },
    Kfunc{
        .name = "bpf_cpumask_first",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "u32 bpf_cpumask_first(const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_first,
        .doc = {.summary = "Gives the first CPU of a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_first_and",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "u32 bpf_cpumask_first_and(const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_first_and,
        .doc = {.summary = "Gives the first CPU that is in both of two masks."},
    },
    Kfunc{
        .name = "bpf_cpumask_first_zero",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "u32 bpf_cpumask_first_zero(const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_first_zero,
        .doc = {.summary = "Gives the first CPU that is not in a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_full",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_full(const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_full,
        .doc = {.summary = "Whether all CPUs are in a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_intersects",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_intersects(const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_intersects,
        .doc = {.summary = "Whether a CPU is in both of two masks."},
    },
    Kfunc{
        .name = "bpf_cpumask_or",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype =
            "void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_or,
        .doc = {.summary = "Stores the CPUs that are in one of two masks, or in both."},
    },
    Kfunc{
        .name = "bpf_cpumask_populate",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "int bpf_cpumask_populate(struct bpf_cpumask *cpumask, void *src, size_t src__sz)",
        .fn = impl::bpf_cpumask_populate,
        .doc = {.summary = "Fills a mask from bytes of the program's."},
    },
    Kfunc{
        .name = "bpf_cpumask_release",
        .flags = call_flag::release,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "void bpf_cpumask_release(struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_release,
        .doc = {.summary = "Gives up a reference to a CPU mask; the last one frees it."},
        .destroys = {"bpf_cpumask", impl::drop_object},
    },
    Kfunc{
        .name = "bpf_cpumask_set_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_set_cpu,
        .doc = {.summary = "Puts a CPU into a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_setall",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "void bpf_cpumask_setall(struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_setall,
        .doc = {.summary = "Puts all CPUs into a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_subset",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_subset(const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_subset,
        .doc = {.summary = "Whether every CPU of one mask is in another."},
    },
    Kfunc{
        .name = "bpf_cpumask_test_and_clear_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_test_and_clear_cpu,
        .doc = {.summary = "Takes a CPU out of a mask, and says whether it was in it."},
    },
    Kfunc{
        .name = "bpf_cpumask_test_and_set_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *cpumask)",
        .fn = impl::bpf_cpumask_test_and_set_cpu,
        .doc = {.summary = "Puts a CPU into a mask, and says whether it was in it."},
    },
    Kfunc{
        .name = "bpf_cpumask_test_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_test_cpu,
        .doc = {.summary = "Whether a CPU is in a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_weight",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype = "u32 bpf_cpumask_weight(const struct cpumask *cpumask)",
        .fn = impl::bpf_cpumask_weight,
        .doc = {.summary = "Counts the CPUs of a mask."},
    },
    Kfunc{
        .name = "bpf_cpumask_xor",
        .flags = call_flag::rcu,
        .prog_types = tracers_struct_ops_syscall,
        .prototype =
            "void bpf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)",
        .fn = impl::bpf_cpumask_xor,
        .doc = {.summary = "Stores the CPUs that are in exactly one of two masks."},
    },
};

}  // namespace

std::span<const Kfunc> cpumask_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
