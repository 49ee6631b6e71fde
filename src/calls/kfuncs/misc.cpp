// Calls that belong to no larger theme: sessions, task work, streams, copies, counters, test functions of the kernel.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/occasion.cpp
CallFunction bpf_cast_to_kern_ctx;
// impl/kernel_tests.cpp
CallFunction bpf_fentry_test1, bpf_io_uring_get_region, bpf_io_uring_submit_sqes, bpf_modify_return_test,
    bpf_modify_return_test2, bpf_modify_return_test_tp;
// impl/memory.cpp
CallFunction bpf_copy_from_user_str;
// impl/objects.cpp
CallFunction bpf_rdonly_cast, bpf_task_work_schedule_resume, bpf_task_work_schedule_signal, bpf_timer_cancel_async;
// impl/occasion.cpp
CallFunction bpf_session_cookie, bpf_session_is_return;
// impl/memory.cpp
CallFunction bpf_copy_from_user_task_str;
// impl/kernel_tests.cpp
CallFunction bpf_kfunc_call_memb_release, bpf_kfunc_call_test_release, bpf_wakeup_sources_get_head,
    bpf_wakeup_sources_read_lock, bpf_wakeup_sources_read_unlock;
// impl/kernel_tests.cpp
CallFunction bpf_map_sum_elem_count;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

// A session runs at a function's entry and again at its return; only there is a cookie shared.
constexpr AttachType session_attach[] = {AttachType::trace_kprobe_session, AttachType::trace_uprobe_session,
                                         AttachType::trace_fsession, AttachType::trace_fsession_multi};

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_cast_to_kern_ctx",
        .flags = call_flag::fastcall,
        .prog_types = everyone,
        .special = Special::cast_to_kern_ctx,
        .prototype = "void *bpf_cast_to_kern_ctx(void *obj)",
        .since = {6, 2},
        .fn = impl::bpf_cast_to_kern_ctx,
        .doc = {.summary = "Gives the kernel's own object behind a context.",
                .details = "In the layout of the kernel's types: fields that the context has by the same name are the "
                           "context's, what leads into the packet leads there, and the device has the context's "
                           "number; everything else reads zero."},
    },
    Kfunc{
        .name = "bpf_copy_from_user_str",
        .flags = call_flag::any_address | call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags)",
        .since = {6, 12},
        .fn = impl::bpf_copy_from_user_str,
        .doc = {.summary = "Copies a string of the running task; it may sleep."},
    },
    Kfunc{
        .name = "bpf_copy_from_user_task_str",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_task_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, struct "
                     "task_struct *tsk, u64 flags)",
        .fn = impl::bpf_copy_from_user_task_str,
        .doc = {.summary = "Copies a string of a task; it may sleep. Its length with the zero, -EINVAL for "
                           "unknown flags, -EFAULT (and zeros).",
                .details = "All tasks are threads of this process and share its memory."},
    },
    Kfunc{
        .name = "bpf_fentry_test1",
        .prog_types = 0,
        .prototype = "int bpf_fentry_test1(int a)",
        .fn = impl::bpf_fentry_test1,
        .doc = {.summary = "A function of the kernel's own tests: one more than its argument.",
                .details = "It computes what the kernel does; programs that are attached to it do not run."},
    },
    Kfunc{
        .name = "bpf_io_uring_get_region",
        .flags = call_flag::ret_null,
        .prog_types = bit(ProgType::struct_ops),
        .prototype =
            "__u8 *bpf_io_uring_get_region(struct iou_ctx *loop_ctx, __u32 region_id, const size_t rdwr_buf_size)",
        .fn = impl::bpf_io_uring_get_region,
        .doc = {.summary = "Gives the address of a memory region of an io_uring.",
                .details =
                    "There is no io_uring here: NULL; a host that plays one offers the call: see skep/host.hpp."},
    },
    Kfunc{
        .name = "bpf_io_uring_submit_sqes",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "int bpf_io_uring_submit_sqes(struct iou_ctx *loop_ctx, u32 nr)",
        .fn = impl::bpf_io_uring_submit_sqes,
        .doc =
            {.summary = "Submits entries of an io_uring.",
             .details =
                 "There is no io_uring here: -EOPNOTSUPP; a host that plays one offers the call: see skep/host.hpp."},
    },
    Kfunc{
        .name = "bpf_kfunc_call_memb_release",
        .flags = call_flag::release,
        .prog_types = tracers_and_test,
        .prototype = "void bpf_kfunc_call_memb_release(struct prog_test_member *p)",
        .fn = impl::bpf_kfunc_call_memb_release,
        .doc = {.summary = "A function of the kernel's own tests: lets go of an object."},
        .destroys = {"prog_test_member"},
    },
    Kfunc{
        .name = "bpf_kfunc_call_test_release",
        .flags = call_flag::release,
        .prog_types = tracers_and_test,
        .prototype = "void bpf_kfunc_call_test_release(struct prog_test_ref_kfunc *p)",
        .fn = impl::bpf_kfunc_call_test_release,
        .doc = {.summary = "A function of the kernel's own tests: lets go of an object."},
        .destroys = {"prog_test_ref_kfunc"},
    },
    Kfunc{
        .name = "bpf_map_sum_elem_count",
        .prog_types = everyone,
        .prototype = "s64 bpf_map_sum_elem_count(const struct bpf_map *map)",
        .since = {6, 6},
        .fn = impl::bpf_map_sum_elem_count,
        .doc = {.summary = "Counts the elements of a map that counts them."},
    },
    Kfunc{
        .name = "bpf_modify_return_test",
        .prog_types = 0,
        .prototype = "int bpf_modify_return_test(int a, int *b)",
        .fn = impl::bpf_modify_return_test,
        .doc = {.summary = "A function of the kernel's own tests, to which fmod_ret programs are attached.",
                .details = "It computes what the kernel does; programs that are attached to it do not run."},
    },
    Kfunc{
        .name = "bpf_modify_return_test2",
        .prog_types = 0,
        .prototype = "int bpf_modify_return_test2(int a, int *b, short int c, int d, void *e, char f, int g)",
        .fn = impl::bpf_modify_return_test2,
        .doc = {.summary = "A function of the kernel's own tests, to which fmod_ret programs are attached.",
                .details = "It computes what the kernel does; programs that are attached to it do not run."},
    },
    Kfunc{
        .name = "bpf_modify_return_test_tp",
        .prog_types = 0,
        .prototype = "int bpf_modify_return_test_tp(int nonce)",
        .fn = impl::bpf_modify_return_test_tp,
        .doc = {.summary = "A function of the kernel's own tests, which passes a tracepoint.",
                .details = "It computes what the kernel does; programs that are attached to it do not run."},
    },
    Kfunc{
        .name = "bpf_rdonly_cast",
        .flags = call_flag::fastcall,
        .prog_types = everyone,
        .special = Special::rdonly_cast,
        .prototype = "void *bpf_rdonly_cast(const void *obj__ign, u32 btf_id__k)",
        .since = {6, 2},
        .fn = impl::bpf_rdonly_cast,
        .doc = {.summary = "Says what type an address is to be read as."},
    },
    Kfunc{
        .name = "bpf_session_cookie",
        .prog_types = bit(ProgType::kprobe) | bit(ProgType::tracing),
        .special = Special::session_cookie,
        .prototype = "__u64 *bpf_session_cookie(void *ctx)",
        .fn = impl::bpf_session_cookie,
        .doc = {.summary = "Gives the number that both programs of a session share."},
        .attach_types = session_attach,
    },
    Kfunc{
        .name = "bpf_session_is_return",
        .prog_types = bit(ProgType::kprobe) | bit(ProgType::tracing),
        .prototype = "bool bpf_session_is_return(void *ctx)",
        .fn = impl::bpf_session_is_return,
        .doc = {.summary = "Whether it is the function's return that a session's program sees."},
        .attach_types = session_attach,
    },
    Kfunc{
        .name = "bpf_task_work_schedule_resume",
        .flags = call_flag::implicit_args,
        .prog_types = everyone,
        .special = Special::task_work_schedule,
        .prototype = "int bpf_task_work_schedule_resume(struct task_struct *task, struct bpf_task_work *tw, void "
                     "*map__const_map, int (*callback)(struct bpf_map *map, void *key, void *value))",
        .fn = impl::bpf_task_work_schedule_resume,
        .doc = {.summary = "Schedules a callback for when a task next returns to user mode, without waking it."},
    },
    Kfunc{
        .name = "bpf_task_work_schedule_signal",
        .flags = call_flag::implicit_args,
        .prog_types = everyone,
        .special = Special::task_work_schedule,
        .prototype = "int bpf_task_work_schedule_signal(struct task_struct *task, struct bpf_task_work *tw, void "
                     "*map__const_map, int (*callback)(struct bpf_map *map, void *key, void *value))",
        .fn = impl::bpf_task_work_schedule_signal,
        .doc = {.summary = "Schedules a callback for a task, which is woken for it as for a signal."},
    },
    Kfunc{
        .name = "bpf_timer_cancel_async",
        .flags = call_flag::in_signal_handlers,
        .prog_types = everyone,
        .prototype = "int bpf_timer_cancel_async(struct bpf_timer *timer)",
        .fn = impl::bpf_timer_cancel_async,
        .doc = {.summary = "Cancels a timer and does not wait for its callback."},
    },
    Kfunc{
        .name = "bpf_wakeup_sources_get_head",
        .prog_types = bit(ProgType::syscall),
        .prototype = "void *bpf_wakeup_sources_get_head(void)",
        .fn = impl::bpf_wakeup_sources_get_head,
        .doc = {.summary = "Gives the head of the list of wakeup sources.", .details = "The list is empty here."},
    },
    Kfunc{
        .name = "bpf_wakeup_sources_read_lock",
        .flags = call_flag::acquire,
        .prog_types = bit(ProgType::syscall),
        .prototype = "struct bpf_ws_lock *bpf_wakeup_sources_read_lock(void)",
        .fn = impl::bpf_wakeup_sources_read_lock,
        .doc = {.summary = "Begins reading the list of wakeup sources."},
    },
    Kfunc{
        .name = "bpf_wakeup_sources_read_unlock",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::syscall),
        .prototype = "void bpf_wakeup_sources_read_unlock(struct bpf_ws_lock *lock)",
        .fn = impl::bpf_wakeup_sources_read_unlock,
        .doc = {.summary = "Ends reading the list of wakeup sources."},
    },
};

}  // namespace

std::span<const Kfunc> misc_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
