// What is known on a path, as one line: "R1=ctx() R10=fp0 fp-8=mmmm????". The words and their order are the kernel's.
// See log.hpp. Tested by tests/verifier/report/state_line_test.cpp.
#include <algorithm>
#include <array>

#include "verifier/env.hpp"
#include "verifier/report/log.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

namespace {

// Small numbers are easier to read in decimal, others in hexadecimal.
bool is_small(std::int64_t value) {
  return value >= INT16_MIN && value <= INT16_MAX;
}
std::string signed_text(std::int64_t value) {
  if (is_small(value)) return fmt::format("{}", value);
  return fmt::format("{:#x}", static_cast<std::uint64_t>(value));
}
std::string unsigned_text(std::uint64_t value) {
  return value <= UINT16_MAX ? fmt::format("{}", value) : fmt::format("{:#x}", value);
}

struct Bound {
  std::string_view name;
  std::uint64_t value;
  bool omit;
  bool is_signed() const { return name[0] == 's'; }
  bool is_negative() const { return is_signed() && static_cast<std::int64_t>(value) < 0; }
};

// "smin=umin=5,smax=umax=9": equal minima share a number, and so do equal maxima; bounds that say nothing are left out.
std::string bounds_text(const Scalar& r) {
  const auto wide = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  const auto wide32 = [&](std::int32_t value) {  // hexadecimal ones have 32 bits
    return is_small(value) ? wide(value) : std::uint64_t{static_cast<std::uint32_t>(value)};
  };
  std::array<Bound, 8> bounds = {{
      {"smin", wide(r.smin()), r.smin() == INT64_MIN},
      {"smax", wide(r.smax()), r.smax() == INT64_MAX},
      {"umin", r.umin(), r.umin() == 0},
      {"umax", r.umax(), r.umax() == UINT64_MAX},
      {"smin32", wide32(r.smin32()), r.smin32() == INT32_MIN},
      {"smax32", wide32(r.smax32()), r.smax32() == INT32_MAX},
      {"umin32", r.umin32(), r.umin32() == 0},
      {"umax32", r.umax32(), r.umax32() == UINT32_MAX},
  }};
  std::string text;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const Bound& first = bounds[i];
    if (first.omit) continue;
    if (!text.empty()) text += ',';
    text += fmt::format("{}=", first.name);
    for (std::size_t j = i + 2; j < bounds.size(); j += 2) {
      Bound& other = bounds[j];
      if (other.omit || other.value != first.value || other.is_negative() != first.is_negative()) continue;
      other.omit = true;
      text += fmt::format("{}=", other.name);
    }
    text += first.is_signed() ? signed_text(static_cast<std::int64_t>(first.value)) : unsigned_text(first.value);
  }
  return text;
}

// "id=3,r=8,imm=4": attributes with commas between.
class Attributes {
 public:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    if (!text_.empty()) text_ += ',';
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  void add_text(const std::string& text) {
    if (!text.empty()) add("{}", text);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The template of a map's inner maps stands for all of them: only a map that the program names itself has a name here.
bool is_named(const Env& env, const maps::MapInfo& map) {
  return !map.name.empty() && std::find(env.used_maps.begin(), env.used_maps.end(), &map) != env.used_maps.end();
}

void add_map(Attributes& list, const Env& env, const maps::MapInfo& map) {
  if (is_named(env, map)) list.add("map={}", map.name);
  list.add("ks={},vs={}", map.key_size, map.value_size);
}

std::string_view dynptr_name(DynptrKind kind) {
  switch (kind) {
    case DynptrKind::local:
      return "local";
    case DynptrKind::ringbuf:
      return "ringbuf";
    case DynptrKind::skb:
      return "skb";
    case DynptrKind::xdp:
      return "xdp";
    case DynptrKind::skb_meta:
      return "skb_meta";
    case DynptrKind::file:
      return "file";
    case DynptrKind::invalid:
      break;
  }
  return "<invalid>";
}

// How much of the packet was found to exist; just behind its end, or at it, as the kernel encodes these.
std::uint64_t packet_range(const RegState& reg) {
  constexpr std::int64_t at_end = -1, beyond_end = -2;
  if (reg.at_pkt_end > 0) return static_cast<std::uint64_t>(at_end);
  if (reg.at_pkt_end < 0) return static_cast<std::uint64_t>(beyond_end);
  return reg.range;
}

void add_identity(Attributes& list, const RegState& reg) {
  const std::uint32_t id = reg.id != 0 ? reg.id : reg.ref_id;
  if (id != 0) {
    if (reg.linked_add32 || reg.linked_add64)
      list.add("id={}{:+}", id, reg.add_const);
    else
      list.add("id={}", id);
  }
  std::uint32_t parent = reg.parent_id != 0 ? reg.parent_id : reg.dynptr_id;
  if (parent == 0 && reg.is(RegType::mem) && reg.id != 0 && reg.ref_id != reg.id) parent = reg.ref_id;
  if (parent != 0) list.add("parent_id={}", parent);
  if (reg.has(reg_flag::non_owning)) list.add("non_own_ref");
}

void add_by_type(Attributes& list, const Env& env, const RegState& reg) {
  switch (reg.type) {
    case RegType::map_ptr:
    case RegType::map_value:
    case RegType::map_key:
      if (reg.map != nullptr) add_map(list, env, *reg.map);
      break;
    case RegType::packet:
    case RegType::packet_meta:
      list.add("r={}", unsigned_text(packet_range(reg)));
      break;
    case RegType::mem:
      list.add("sz={}", unsigned_text(reg.mem_size));
      break;
    case RegType::dynptr:
      list.add("type={}", dynptr_name(reg.dynptr));
      break;
    default:
      break;
  }
}

std::string pointer_head(Env& env, const RegState& reg, const Frame& frame) {
  std::string text = reg_type_string(env, reg);
  if (reg.is(RegType::stack) && reg.frame != frame.number) text += fmt::format("[{}]", reg.frame);
  return text;
}

std::string reg_text(Env& env, const RegState& reg, const Frame& frame) {
  const std::string_view precise = reg.is_scalar() && reg.precise ? "P" : "";
  if (reg.is_const()) return fmt::format("{}{}", precise, signed_text(static_cast<std::int64_t>(reg.r.const_value())));
  std::string text(precise);
  text += reg.is_scalar() ? std::string("scalar") : pointer_head(env, reg, frame);
  if (reg.is(RegType::stack) && reg.has_fixed_offset()) return text + signed_text(reg.fixed_offset());
  Attributes list;
  add_identity(list, reg);
  add_by_type(list, env, reg);
  if (reg.is_pointer() && reg.has_fixed_offset()) {
    if (reg.fixed_offset() != 0) list.add("imm={}", signed_text(reg.fixed_offset()));
  } else {
    list.add_text(bounds_text(reg.r));
    const Tnum& bits = reg.r.var_off();
    if (!bits.is_unknown()) list.add("var_off=({:#x}; {:#x})", bits.value, bits.mask);
  }
  return fmt::format("{}({})", text, list.text());
}

char slot_letter(SlotType type) {
  switch (type) {
    case SlotType::invalid:
      return '?';
    case SlotType::spill:
      return 'r';
    case SlotType::misc:
      return 'm';
    case SlotType::zero:
      return '0';
    case SlotType::dynptr:
      return 'd';
    case SlotType::iter:
      return 'i';
    case SlotType::irq_flag:
      return 'f';
    case SlotType::poison:
      return 'p';
  }
  return '?';
}

std::string dynptr_text(const RegState& reg) {
  Attributes list;
  if (reg.id != 0) list.add("id={}", reg.id);
  const std::uint32_t parent = reg.parent_id != 0 ? reg.parent_id : reg.ref_id;
  if (parent != 0) list.add("parent_id={}", parent);
  return fmt::format("dynptr_{}({})", dynptr_name(reg.dynptr), list.text());
}

std::string iterator_text(const RegState& reg) {
  constexpr std::string_view prefix = "bpf_iter_";
  std::string_view name = "<invalid>";
  if (reg.btf != nullptr && reg.btf->valid(reg.btf_id)) {
    name = reg.btf->type(reg.btf_id).name;
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  const std::string_view state = reg.iter == IterState::active    ? "active"
                                 : reg.iter == IterState::drained ? "drained"
                                                                  : "<invalid>";
  return fmt::format("iter_{}(id={},state={},depth={})", name, reg.ref_id != 0 ? reg.ref_id : reg.id, state,
                     reg.iter_depth);
}

// Bytes from the lowest address to the highest are types[7] to types[0]; the log has them the other way round.
std::string bytes_text(const StackSlot& slot) {
  std::string text;
  for (const SlotType type : slot.types) text += slot_letter(type);
  return text;
}

bool is_empty(const StackSlot& slot) {
  for (const SlotType type : slot.types) {
    if (type != SlotType::invalid && type != SlotType::poison) return false;
  }
  return true;
}

std::string slot_text(Env& env, const StackSlot& slot, const Frame& frame) {
  if (slot.is_spilled()) {
    std::string text;
    for (const SlotType type : slot.types) {
      if (type == SlotType::spill) break;
      text += slot_letter(type);
    }
    return text + reg_text(env, slot.spilled, frame);
  }
  return bytes_text(slot);
}

void append_slots(Env& env, const Frame& frame, std::uint64_t wanted, std::string& line) {
  for (std::size_t i = 0; i < frame.stack.size(); ++i) {
    const StackSlot& slot = frame.stack[i];
    if (is_empty(slot) || (wanted >> (i & 63) & 1) == 0) continue;
    const auto put = [&](std::size_t at, const std::string& text) {
      line += fmt::format(" fp-{}={}", (at + 1) * 8, text);
    };
    if (slot.types[7] == SlotType::dynptr) {
      // Two slots; the lower one describes it.
      const std::size_t main = slot.spilled.first_slot || i + 1 >= frame.stack.size() ? i : i + 1;
      put(main, dynptr_text(frame.stack[main].spilled));
      i = main;
    } else if (slot.types[7] == SlotType::iter) {
      if (slot.spilled.ref_id == 0 && slot.spilled.id == 0) continue;  // not the first slot of the iterator
      put(i, iterator_text(slot.spilled));
    } else {
      put(i, slot_text(env, slot, frame));
    }
  }
}

}  // namespace

std::string state_parts(Env& env, const State& state, std::uint32_t frame_index, std::uint32_t regs,
                        std::uint64_t slots) {
  const Frame& frame = *state.frames[frame_index];
  std::string line;
  if (frame.number != 0) line += fmt::format(" frame{}:", frame.number);
  for (unsigned i = 0; i < reg_count; ++i) {
    const RegState& reg = frame.regs[i];
    if (reg.is(RegType::not_init) || (regs >> i & 1) == 0) continue;
    line += fmt::format(" R{}={}", i, reg_text(env, reg, frame));
  }
  append_slots(env, frame, slots, line);
  // Resources without an identity (locks of global values) are not named; nor is anything behind a first one of these.
  if (!state.resources.empty() && state.resources[0].id != 0) {
    line += fmt::format(" refs={}", state.resources[0].id);
    for (std::size_t i = 1; i < state.resources.size(); ++i) {
      if (state.resources[i].id != 0) line += fmt::format(",{}", state.resources[i].id);
    }
  }
  if (frame.kind == FrameKind::callback) line += " cb";
  if (frame.kind == FrameKind::async_callback) line += " async_cb";
  return line;
}

std::string state_line(Env& env, std::string_view head, const State& state) {
  return state_line(env, head, state, static_cast<std::uint32_t>(state.frames.size() - 1));
}

std::string state_line(Env& env, std::string_view head, const State& state, std::uint32_t frame) {
  return std::string(head) + state_parts(env, state, frame, ~0U, ~std::uint64_t{0});
}

}  // namespace skep::verifier
