// Critical sections: RCU, preemption, interrupts, queued spin locks, and exceptions.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/kernel_tests.cpp
CallFunction bpf_trap;
// impl/sections.cpp
CallFunction bpf_local_irq_restore, bpf_local_irq_save, bpf_preempt_disable, bpf_preempt_enable, bpf_rcu_read_lock,
    bpf_rcu_read_unlock, bpf_res_spin_lock, bpf_res_spin_lock_irqsave, bpf_res_spin_unlock,
    bpf_res_spin_unlock_irqrestore, bpf_throw;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "__bpf_trap",
        .prog_types = everyone,
        .special = Special::trap,
        .prototype = "void __bpf_trap(void)",
        .fn = impl::bpf_trap,
        .doc = {.summary = "Marks what is never reached; the verifier refuses programs that may.",
                .details = "The verifier refuses programs that may come there."},
    },
    Kfunc{
        .name = "bpf_local_irq_restore",
        .prog_types = everyone,
        .special = Special::local_irq_restore,
        .prototype = "void bpf_local_irq_restore(unsigned long *flags__irq_flag)",
        .since = {6, 14},
        .fn = impl::bpf_local_irq_restore,
        .doc = {.summary = "Enables interrupts again, if they were enabled before."},
    },
    Kfunc{
        .name = "bpf_local_irq_save",
        .prog_types = everyone,
        .special = Special::local_irq_save,
        .prototype = "void bpf_local_irq_save(unsigned long *flags__irq_flag)",
        .since = {6, 14},
        .fn = impl::bpf_local_irq_save,
        .doc = {.summary = "Disables interrupts, and notes whether they were enabled."},
    },
    Kfunc{
        .name = "bpf_preempt_disable",
        .prog_types = everyone,
        .special = Special::preempt_disable,
        .prototype = "void bpf_preempt_disable(void)",
        .since = {6, 10},
        .fn = impl::bpf_preempt_disable,
        .doc = {.summary = "Begins a section in which the program is not interrupted by others."},
    },
    Kfunc{
        .name = "bpf_preempt_enable",
        .prog_types = everyone,
        .special = Special::preempt_enable,
        .prototype = "void bpf_preempt_enable(void)",
        .since = {6, 10},
        .fn = impl::bpf_preempt_enable,
        .doc = {.summary = "Ends a section in which the program is not interrupted by others."},
    },
    Kfunc{
        .name = "bpf_rcu_read_lock",
        .prog_types = everyone,
        .special = Special::rcu_read_lock,
        .prototype = "void bpf_rcu_read_lock(void)",
        .since = {6, 2},
        .fn = impl::bpf_rcu_read_lock,
        .doc = {.summary = "Begins an RCU read section.", .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_rcu_read_unlock",
        .prog_types = everyone,
        .special = Special::rcu_read_unlock,
        .prototype = "void bpf_rcu_read_unlock(void)",
        .since = {6, 2},
        .fn = impl::bpf_rcu_read_unlock,
        .doc = {.summary = "Ends an RCU read section.", .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_res_spin_lock",
        .flags = call_flag::spin_lock_ok,
        .prog_types = everyone,
        .special = Special::res_spin_lock,
        .prototype = "int bpf_res_spin_lock(struct bpf_res_spin_lock *lock)",
        .since = {6, 15},
        .fn = impl::bpf_res_spin_lock,
        .doc = {.summary = "Takes a lock that finds deadlocks: 0, -EDEADLK, -ETIMEDOUT."},
    },
    Kfunc{
        .name = "bpf_res_spin_lock_irqsave",
        .flags = call_flag::spin_lock_ok,
        .prog_types = everyone,
        .special = Special::res_spin_lock_irqsave,
        .prototype = "int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags__irq_flag)",
        .since = {6, 15},
        .fn = impl::bpf_res_spin_lock_irqsave,
        .doc = {.summary = "Disables interrupts and takes a lock that finds deadlocks: 0, -EDEADLK, -ETIMEDOUT."},
    },
    Kfunc{
        .name = "bpf_res_spin_unlock",
        .flags = call_flag::spin_lock_ok,
        .prog_types = everyone,
        .special = Special::res_spin_unlock,
        .prototype = "void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock)",
        .since = {6, 15},
        .fn = impl::bpf_res_spin_unlock,
        .doc = {.summary = "Gives a lock back."},
    },
    Kfunc{
        .name = "bpf_res_spin_unlock_irqrestore",
        .flags = call_flag::spin_lock_ok,
        .prog_types = everyone,
        .special = Special::res_spin_unlock_irqrestore,
        .prototype =
            "void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags__irq_flag)",
        .since = {6, 15},
        .fn = impl::bpf_res_spin_unlock_irqrestore,
        .doc = {.summary = "Gives a lock back and enables interrupts again."},
    },
    Kfunc{
        .name = "bpf_throw",
        .prog_types = generic,
        .special = Special::throw_,
        .prototype = "void bpf_throw(u64 cookie)",
        .since = {6, 7},
        .fn = impl::bpf_throw,
        .doc = {.summary = "Ends the program, from any depth of calls."},
    },
};

}  // namespace

std::span<const Kfunc> sections_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
