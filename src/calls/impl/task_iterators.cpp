// Iterators over tasks, which are the threads of this process, and over what tasks and the machine have not got here:
// memory areas, slab caches, DMA buffers. Tested by tests/loader/call_oracle_test.cpp.
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

// struct bpf_iter_task, and the one word of struct bpf_iter_css_task: after which number it goes on.
struct TaskIterator {
  std::int32_t after;
  std::uint8_t more, leaders_only;
};
static_assert(sizeof(TaskIterator) == 8);

std::int32_t process_of(CallEnv& env) {
  return s32(env.services().pid_tgid() >> 32);
}

CallResult next_task(CallEnv& env, TaskIterator& it) {
  if (it.more == 0) return CallResult::of(0);
  Services& services = env.services();
  if (it.leaders_only != 0) {
    it.more = 0;
    return result_of(services.find_task(process_of(env)));
  }
  void* const task = services.next_task(it.after);
  if (task == nullptr)
    it.more = 0;
  else
    it.after = services.task_id(task);
  return result_of(task);
}

}  // namespace

SKEP_CALL(bpf_iter_task_new) {
  constexpr std::uint32_t all_processes = 0, all_threads = 1, threads_of_process = 2;
  auto* const it = pointer<TaskIterator>(r1);
  std::memset(it, 0, 24);
  if (u32(r3) > threads_of_process || (u32(r3) == threads_of_process && r2 == 0)) return CallResult::error(-EINVAL);
  (void)all_threads;
  *it = {0, 1, u32(r3) == all_processes ? std::uint8_t{1} : std::uint8_t{0}};
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_task_next) {
  return next_task(env, *pointer<TaskIterator>(r1));
}
SKEP_CALL(bpf_iter_task_destroy) {
  std::memset(pointer<void>(r1), 0, 24);
  return CallResult::of(0);
}

SKEP_CALL(bpf_iter_css_task_new) {
  constexpr std::uint32_t processes = 1, threaded = 2;
  auto& it = *pointer<TaskIterator>(r1);
  it = {};
  if (u32(r3) != 0 && u32(r3) != processes && u32(r3) != (processes | threaded)) return CallResult::error(-EINVAL);
  it = {0, 1, u32(r3) != 0 ? std::uint8_t{1} : std::uint8_t{0}};
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_css_task_next) {
  return next_task(env, *pointer<TaskIterator>(r1));
}
SKEP_CALL(bpf_iter_css_task_destroy) {
  *pointer<TaskIterator>(r1) = {};
  return CallResult::of(0);
}

// A task here has no memory areas of its own, as a thread of the kernel has none.
SKEP_CALL(bpf_iter_task_vma_new) {
  *pointer<std::uint64_t>(r1) = 0;
  return CallResult::error(-ENOENT);
}
SKEP_CALL(bpf_iter_task_vma_next) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_task_vma_destroy) {
  return CallResult::of(0);
}

SKEP_CALL(bpf_iter_kmem_cache_new) {
  *pointer<std::uint64_t>(r1) = 0;
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_kmem_cache_next) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_kmem_cache_destroy) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_dmabuf_new) {
  *pointer<std::uint64_t>(r1) = 0;
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_dmabuf_next) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_iter_dmabuf_destroy) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_get_kmem_cache) {
  return CallResult::of(0);
}

SKEP_CALL(bpf_task_from_vpid) {
  return result_of(env.services().find_task(s32(r1)));
}
SKEP_CALL(bpf_send_signal_task) {
  constexpr std::uint32_t last_signal = 64, process = 1;
  if (u32(r2) > last_signal || u32(r3) > process) return CallResult::error(-EINVAL);
  // The task is this process, which no program ends; signal 0 asks whether it is there.
  return CallResult::error(u32(r2) == 0 ? 0 : -EPERM);
}
// There is no kernel to change into after a crash.
SKEP_CALL(crash_kexec) {
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
