// Functions that a call runs: at once, any number of times (loops, walks over maps), or later on their own (work items,
// timers, task work).
//
// A callback that runs at once is walked like the body of a loop: a branch enters it, and when it returns, the path is
// back at the call itself, which may end or enter it again; paths that bring nothing new are pruned there. A callback
// that runs later is an entry of its own: a fresh stack, nothing held, sleepable if the work may sleep. Tested by
// tests/verifier/call/callbacks_test.cpp.
#include "verifier/call/internal.hpp"
#include "verifier/path/path.hpp"

namespace skep::verifier {
namespace {

void map_pointer(RegState& reg, const maps::MapInfo* map, std::uint32_t uid) {
  reg.mark_pointer(RegType::map_ptr);
  reg.map = map;
  reg.map_uid = uid;
}
void element_pointers(Env& env, RegState& key, RegState& value, const maps::MapInfo* map, std::uint32_t uid) {
  key.mark_pointer(RegType::map_key);
  key.map = map;
  value.mark_pointer(RegType::map_value);
  value.map = map;
  value.map_uid = uid;
  value.id = env.new_id();  // its lock is not that of another element
}

// The callback's arguments, made of the caller's.
int set_arguments(Env& env, const Call& call, CallbackKind kind, const Frame& caller, Frame& callee) {
  auto& r = callee.regs;
  callee.return_range = Range32{0, 1};
  switch (kind) {
    case CallbackKind::for_each_map_elem: {
      const RegState& map = caller.regs[1];
      r[1] = map;
      element_pointers(env, r[2], r[3], map.map, map.map_uid);
      r[4] = caller.regs[3];
      return 0;
    }
    case CallbackKind::loop:
      r[1].mark_unknown();
      r[2] = caller.regs[3];
      return 0;
    case CallbackKind::find_vma: {
      const btf::TypeId vma =
          env.kernel_btf == nullptr ? 0 : env.kernel_btf->find("vm_area_struct", btf::Kind::struct_);
      if (vma == 0) return unsupported(env, "bpf_find_vma without the kernel's struct vm_area_struct");
      r[1] = caller.regs[1];
      r[2].mark_pointer(RegType::btf);
      r[2].btf = env.kernel_btf.get();
      r[2].btf_id = vma;
      r[3] = caller.regs[4];
      return 0;
    }
    case CallbackKind::user_ringbuf_drain:
      r[1].mark_pointer(RegType::dynptr, reg_flag::dynptr_local);
      r[1].dynptr = DynptrKind::local;
      r[1].first_slot = true;
      r[1].id = env.new_id();
      r[2] = caller.regs[3];
      return 0;
    case CallbackKind::rbtree_less:
      set_graph_node_result(env, r[1], call);
      r[1].ref_id = 0;
      set_non_owning(env, r[1]);
      r[2] = r[1];
      return 0;
    case CallbackKind::map_item:
    case CallbackKind::map_item_wq:
    case CallbackKind::map_item_task_work: {
      const RegState& item = caller.regs[kind == CallbackKind::map_item_task_work ? 2 : 1];
      map_pointer(r[1], item.map, item.map_uid);
      element_pointers(env, r[2], r[3], item.map, item.map_uid);
      callee.return_range = kind == CallbackKind::map_item_task_work ? Range32{INT32_MIN, INT32_MAX} : Range32{0, 0};
      return 0;
    }
  }
  return unsupported(env, "this callback");
}

bool runs_later(CallbackKind kind) {
  return kind == CallbackKind::map_item || kind == CallbackKind::map_item_wq ||
         kind == CallbackKind::map_item_task_work;
}

int push_later(Env& env, const Call& call, CallbackKind kind, std::uint32_t subprogram) {
  env.subprograms[subprogram].is_async_callback = true;
  const bool sleepable = kind != CallbackKind::map_item;
  State* state = push_async(env, env.subprograms[subprogram].start, env.insn_idx, subprogram, sleepable);
  if (state == nullptr) return env.refusal ? env.refusal->error : -EFAULT;
  Frame& callee = *state->frames[0];
  callee.kind = FrameKind::async_callback;
  callee.async_entries = env.frame().async_entries + 1;
  return set_arguments(env, call, kind, env.frame(), callee);
}

}  // namespace

int push_callback(Env& env, const Call& call, CallbackKind kind) {
  if (call.callback < 0) return env.refuse(-EINVAL, "callback function is not known");
  const auto subprogram = static_cast<std::uint32_t>(call.callback);
  env.subprograms[subprogram].is_callback = true;
  if (runs_later(kind)) return push_later(env, call, kind, subprogram);

  if (env.state->frames.size() + 1 > env.input.rules->limits.call_frames)
    return env.refuse(-E2BIG, "the call stack of {} frames is too deep", env.state->frames.size() + 1);
  State* state = push_branch(env, env.subprograms[subprogram].start, env.insn_idx);
  if (state == nullptr) return env.refusal ? env.refusal->error : -EFAULT;
  if (const int err = enter_frame(env, *state, subprogram, static_cast<std::int32_t>(env.insn_idx))) return err;
  Frame& callee = state->current();
  Frame& caller = *state->frames[state->frames.size() - 2];
  callee.kind = FrameKind::callback;
  if (const int err = set_arguments(env, call, kind, caller, callee)) return err;
  ++state->callback_unroll_depth;
  ++caller.callback_depth;
  // The caller keeps its arguments: the callback returns to the call itself, which then makes the next round.
  env.frame().callback_depth = 0;  // the path that goes on without entering it
  return 0;
}

}  // namespace skep::verifier
