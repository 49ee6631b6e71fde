// What generated programs compute, how they branch, loop and call, and the order of it all. See generator.hpp.
// Functions and callbacks stand behind the main program.
#include "programs/generator_parts.hpp"

namespace skep::fuzz {

std::int32_t Generator::constant() {
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return static_cast<std::int32_t>(below(65));
    case 3:
      return -static_cast<std::int32_t>(below(65));
    case 4:
      return static_cast<std::int32_t>((1U << below(32)) + below(3) - 1);
    case 5:
      return choices_.one_of<std::int32_t>({0x7fffffff, INT32_MIN, -1, 0xff, 0xffff, 0x7fff, 0x80, INT32_MIN + 1});
    default:
      return static_cast<std::int32_t>(choices_.any()) >> below(31);
  }
}

unsigned Generator::number() {
  std::array<unsigned, 10> found{};
  unsigned count = 0;
  for (unsigned i = 0; i < 10; ++i)
    if (held_.regs[i] == Kind::number) found[count++] = i;
  return count == 0 ? 7 : found[below(count)];
}
unsigned Generator::scratch(unsigned but) {
  for (;;) {
    const unsigned reg = 1 + below(5);
    if ((but >> reg & 1) == 0) return reg;
    but |= choices_.exhausted() ? 0 : 0;
    if (choices_.exhausted())
      for (unsigned i = 1; i <= 5; ++i)
        if ((but >> i & 1) == 0) return i;
  }
}
unsigned Generator::target() {
  constexpr std::array<unsigned, 8> usual = {0, 1, 2, 3, 4, 5, 7, 8};
  for (int i = 0; i < 8; ++i)
    if (const unsigned reg = choices_.one_of(usual); (held_.locked >> reg & 1) == 0) return reg;
  return 1;
}

void Generator::alu() {
  constexpr std::array<unsigned, 13> ops = {alu_op::add,  alu_op::sub, alu_op::mul, alu_op::div, alu_op::or_,
                                            alu_op::and_, alu_op::lsh, alu_op::rsh, alu_op::mod, alu_op::xor_,
                                            alu_op::arsh, alu_op::neg, alu_op::mov};
  const unsigned dst = target();
  if (held_.regs[dst] != Kind::number) {
    if (percent(60))
      emit(percent(70) ? 0xbf : 0xbc, dst, number(), 0, 0);
    else if (percent(30))
      wide(dst, 0, choices_.any() >> below(64));
    else
      movi(dst, constant());
    holds(dst, Kind::number);
    return;
  }
  if (percent(6)) {  // byte order
    const auto bits = choices_.one_of<std::int32_t>({16, 32, 64});
    return emit(choices_.one_of<unsigned>({0xd4, 0xdc, 0xd7}), dst, 0, 0, bits);
  }
  const bool wide64 = percent(60);
  const unsigned cls = wide64 ? insn_class::alu64 : insn_class::alu;
  const unsigned op = choices_.one_of(ops);
  if (op == alu_op::neg) return emit(cls | op, dst, 0, 0, 0);
  int off = 0;
  if ((op == alu_op::div || op == alu_op::mod) && percent(50)) off = 1;
  const bool shift = op == alu_op::lsh || op == alu_op::rsh || op == alu_op::arsh;
  if (percent(shift ? 15 : 45)) {
    if (op == alu_op::mov && percent(50)) off = choices_.one_of<int>({8, 16, wide64 ? 32 : 16});
    return emit(cls | op | 8, dst, number(), off, 0);
  }
  std::int32_t imm = shift ? static_cast<std::int32_t>(below(wide64 ? 64 : 32)) : constant();
  if ((op == alu_op::div || op == alu_op::mod) && imm == 0) imm = 3;
  emit(cls | op, dst, 0, off, imm);
}

// Some knowledge about `reg`: most often enough to use it as an offset.
void Generator::bound(unsigned reg, Label& otherwise) {
  const auto most = static_cast<std::int32_t>(below(48));
  switch (below(9)) {
    case 0:
      return emit(percent(50) ? 0x57 : 0x54, reg, 0, 0, choices_.one_of<std::int32_t>({7, 15, 31, 0x1c, 0x38, most}));
    case 1:
      return jump(otherwise, percent(60) ? 0x25 : 0x26, reg, 0, most);  // if r > most; in either width
    case 2:
      jump(otherwise, percent(60) ? 0x65 : 0x66, reg, 0, most);
      return jump(otherwise, percent(60) ? 0xc5 : 0xc6, reg, 0, percent(80) ? 0 : constant());
    case 3:
      return emit(percent(50) ? 0x97 : 0x94, reg, 0, 0, 1 + most);
    case 4:
      return emit(0x77, reg, 0, 0, static_cast<std::int32_t>(58 + below(6)));
    case 5:
      emit(0x74, reg, 0, 0, static_cast<std::int32_t>(26 + below(6)));
      return;
    case 6:  // a window that does not begin at zero
      addi(reg, -most);
      jump(otherwise, 0x25, reg, 0, static_cast<std::int32_t>(below(16)));
      return addi(reg, percent(50) ? most : 0);
    case 7:
      jump(otherwise, percent(50) ? 0x55 : 0x56, reg, 0, most);  // if r != most
      return;
    default:
      emit(0x57, reg, 0, 0, 31);
      emit(percent(50) ? 0x27 : 0x67, reg, 0, 0, static_cast<std::int32_t>(below(3)));
      return;
  }
}

void Generator::comparison(Label& to) {
  constexpr std::array<unsigned, 11> ops = {jmp_op::jeq, jmp_op::jgt,  jmp_op::jge,  jmp_op::jset,
                                            jmp_op::jne, jmp_op::jsgt, jmp_op::jsge, jmp_op::jlt,
                                            jmp_op::jle, jmp_op::jslt, jmp_op::jsle};
  const unsigned code = choices_.one_of(ops) | (percent(60) ? insn_class::jmp : insn_class::jmp32);
  if (percent(40))
    jump(to, code | 8, number(), number(), 0);
  else
    jump(to, code, number(), 0, constant());
}

void Generator::branch(int nesting) {
  Label past, otherwise;
  comparison(otherwise);
  const Held before = held_;
  block(1 + static_cast<int>(below(3)), nesting + 1);
  if (percent(40)) {
    jump(past, 0x05, 0, 0, 0);
    here(otherwise);
    const Held after = held_;
    held_ = before;
    block(1 + static_cast<int>(below(3)), nesting + 1);
    held_.join(after);
  } else {
    here(otherwise);
    held_.join(before);
  }
  here(past);
}

// What is left afterwards is known to be otherwise.
void Generator::early_exit() {
  Label past;
  comparison(past);
  if (returns_zero_ || (returns_flag_ && percent(50)))
    movi(0, 0);
  else
    movi(0, static_cast<std::int32_t>(below(2)));
  emit(0x95, 0, 0, 0, 0);
  here(past);
}

void Generator::subprogram(int nesting) {
  if (depth_ >= 3 || functions_.size() > 6 || nesting > 2) return;
  std::size_t which = functions_.size();
  for (std::size_t i = 0; i < functions_.size(); ++i)
    if (functions_[i].as == Function::As::called && functions_[i].depth == depth_ + 1 && percent(50)) which = i;
  if (which == functions_.size()) functions_.push_back({Function::As::called, depth_ + 1, {}});
  if (held_.regs[9] != Kind::value || wq_value_) wide(9, pseudo::map_value, one_map), code_.back().imm = 0;
  holds(9, Kind::value);
  const unsigned a = number();
  mov(1, a);
  held_.regs[1] = Kind::number;
  mov(2, number());
  if (held_.value_size < static_cast<std::int32_t>(hash_size)) return;
  mov(3, 9);
  name(which);
  emit(0x85, 0, call_kind::subprogram, 0, 0);
  called();
  holds(0, Kind::number);
}

void Generator::loop_call() {
  if (depth_ >= 3 || functions_.size() > 6) return;
  const std::size_t which = functions_.size();
  functions_.push_back({Function::As::loop_callback, depth_ + 1, {}});
  const unsigned slot = below(slot_count);
  if (held_.slots[slot] != Kind::number) storei(mem_size::dw, 10, -8 * static_cast<int>(slot + 1), constant());
  held_.slots[slot] = Kind::number;
  if (percent(50)) {
    mov(1, number());
    emit(0x57, 1, 0, 0, 7);
  } else {
    movi(1, static_cast<std::int32_t>(below(12)));
  }
  name(which);
  wide(2, pseudo::func, 0);
  stack_address(3, -8 * static_cast<int>(slot + 1));
  movi(4, 0);
  call(helper::loop);
  holds(0, Kind::number);
}

void Generator::counted_loop(int nesting) {
  const unsigned counter = percent(50) ? 7 : 8;
  if ((held_.locked >> counter & 1) != 0) return;
  movi(counter, static_cast<std::int32_t>(below(3)));
  holds(counter, Kind::number);
  const unsigned locked = held_.locked;
  held_.locked |= 1U << counter;
  const std::size_t top = code_.size();
  for (unsigned i = 0; i <= 5; ++i) held_.regs[i] = Kind::none;  // what the first round has, later ones may not
  const Held before = held_;
  block(1 + static_cast<int>(below(2)), nesting + 1);
  held_.join(before);
  addi(counter, static_cast<std::int32_t>(1 + below(2)));
  emit(percent(50) ? 0xa5 : 0xc6, counter, 0, static_cast<int>(top) - static_cast<int>(code_.size()) - 1,
       static_cast<std::int32_t>(2 + below(6)));
  held_.locked = locked;
}

void Generator::may_goto_loop(int nesting) {
  Label out;
  storei(mem_size::dw, 10, counter_at, 0);
  for (unsigned i = 0; i <= 5; ++i) held_.regs[i] = Kind::none;
  const Held before = held_;
  const std::size_t top = code_.size();
  jump(out, 0xe5, 0, 0, 0);
  load(mem_size::dw, 1, 10, counter_at);
  addi(1, 1);
  store(mem_size::dw, 10, counter_at, 1);
  jump(out, 0x25, 1, 0, static_cast<std::int32_t>(1 + below(6)));
  block(1 + static_cast<int>(below(3)), nesting + 1);
  back(top);
  here(out);
  held_.join(before);
}

void Generator::iterator_loop(int nesting) {
  Label done;
  stack_address(1, iter_at);
  const auto first = static_cast<std::int32_t>(below(4));
  movi(2, first);
  movi(3, first + static_cast<std::int32_t>(below(8)));
  kfunc("bpf_iter_num_new");
  const Held before = held_;
  const std::size_t top = code_.size();
  stack_address(1, iter_at);
  kfunc("bpf_iter_num_next");
  jump(done, 0x15, 0, 0, 0);
  const unsigned dst = 1 + below(5);
  load(mem_size::w, dst, 0, 0);
  holds(dst, Kind::number);
  block(1 + static_cast<int>(below(3)), nesting + 1);
  back(top);
  here(done);
  held_.join(before);
  stack_address(1, iter_at);
  kfunc("bpf_iter_num_destroy");
}

void Generator::work_queue() {
  if (!main_ || functions_.size() > 6 || made_.type == ProgType::socket_filter) return;
  const std::size_t which = functions_.size();
  functions_.push_back({Function::As::wq_callback, 1, {}});
  storei(mem_size::w, 10, key_at, static_cast<std::int32_t>(below(3)));
  stack_address(2, key_at);
  wide(1, pseudo::map_fd, wq_map);
  call(helper::map_lookup);
  Label past;
  jump(past, 0x15, 0, 0, 0);
  store(mem_size::dw, 10, saved_at, 0);
  mov(1, 0);
  wide(2, pseudo::map_fd, wq_map);
  movi(3, 0);
  kfunc("bpf_wq_init");
  load(mem_size::dw, 1, 10, saved_at);
  name(which);
  wide(2, pseudo::func, 0);
  movi(3, 0);
  movi(4, 0);
  kfunc("bpf_wq_set_callback_impl");
  load(mem_size::dw, 1, 10, saved_at);
  movi(2, 0);
  kfunc("bpf_wq_start");
  here(past);
  called();
}

void Generator::read_only() {
  const unsigned pointer = scratch(), size = size_code();
  wide(pointer, pseudo::map_value, rodata_map);
  code_.back().imm = 0;
  holds(pointer, Kind::none);
  const unsigned dst = target();
  if (percent(50) && dst != pointer) {
    const unsigned index = scratch(1U << pointer);
    mov(index, number());
    holds(index, Kind::number);
    emit(0x57, index, 0, 0, 7);
    add(pointer, index);
  }
  load(size, dst, pointer, static_cast<int>(below(9)));
  holds(dst, Kind::number);
}

void Generator::step(int nesting) {
  switch (below(30)) {
    case 0:
    case 1:
    case 2:
      return branch(nesting);
    case 3:
      return early_exit();
    case 4:
    case 5:
    case 6:
    case 7:
      return value_access();
    case 8:
      return packet_access();
    case 9:
      return context_access();
    case 10:
      return percent(30) ? packet_load() : alu();
    case 11:
    case 12:
      return spill();
    case 13:
    case 14:
      return fill();
    case 15:
      return variable_stack();
    case 16:
      return atomic();
    case 17:
      return helper_number();
    case 18:
      return lookup();
    case 19:
      return percent(50) ? hash_update() : read_only();
    case 20:
      return percent(50) ? ring_buffer() : dynptr();
    case 21:
      return subprogram(nesting);
    case 22:
      return nesting < 3 ? loop_call() : alu();
    case 23:
      return nesting < 2 ? counted_loop(nesting) : alu();
    case 24:
      return nesting < 1 ? may_goto_loop(nesting) : alu();
    case 25:
      return nesting < 1 ? iterator_loop(nesting) : alu();
    case 26:
      return nesting < 1 && percent(40) ? work_queue() : alu();
    default:
      return alu();
  }
}

void Generator::block(int steps, int nesting) {
  for (; steps > 0 && !full(); --steps) {
    if (nesting > 4)
      alu();
    else
      step(nesting);
    if (percent(40)) alu();
  }
}

void Generator::function(std::size_t index) {
  const Function::As as = functions_[index].as;
  depth_ = functions_[index].depth;
  main_ = false;
  held_ = {};
  wq_value_ = as == Function::As::wq_callback;
  returns_flag_ = as == Function::As::loop_callback;
  returns_zero_ = wq_value_;
  const auto start = static_cast<std::int32_t>(code_.size());
  made_.functions.push_back(static_cast<std::uint32_t>(start));
  for (const std::size_t at : functions_[index].sites) code_[at].imm = start - static_cast<std::int32_t>(at) - 1;
  limit_ = code_.size() + 40;
  held_.value_size = hash_size;
  switch (as) {
    case Function::As::called:
      mov(7, 1);
      mov(8, 2);
      mov(9, 3);
      held_.regs[1] = held_.regs[2] = Kind::number;
      break;
    case Function::As::loop_callback:
      mov(7, 1);
      load(mem_size::dw, 8, 2, 0);
      if (percent(50)) {
        mov(3, 7);
        emit(percent(50) ? 0x0f : 0xaf, 3, 8, 0, 0);
        store(mem_size::dw, 2, 0, 3);
      }
      wide(9, pseudo::map_value, one_map);
      code_.back().imm = 0;
      held_.value_size = one_size;
      held_.regs[1] = Kind::number;
      break;
    case Function::As::wq_callback:
      load(mem_size::w, 7, 2, 0);
      load(mem_size::dw, 8, 3, 16);
      mov(9, 3);
      held_.value_size = wq_size;
      held_.value_offset = 16;
      break;
  }
  held_.regs[7] = held_.regs[8] = Kind::number;
  held_.regs[9] = Kind::value;
  block(2 + static_cast<int>(below(4)), 1);
  if (returns_zero_)
    movi(0, 0);
  else if (returns_flag_ && percent(60))
    movi(0, static_cast<std::int32_t>(below(8) == 0));
  else
    mov(0, number());
  if (returns_flag_ && percent(95)) emit(0x57, 0, 0, 0, 1);
  emit(0x95, 0, 0, 0, 0);
}

void Generator::finish_main() {
  mov(0, number());
  if (made_.type == ProgType::cgroup_skb && percent(90)) {
    Label past;
    if (percent(50)) {
      emit(percent(50) ? 0x57 : 0x54, 0, 0, 0, 1);
    } else {
      jump(past, percent(50) ? 0xb5 : 0xb6, 0, 0, 1);
      movi(0, 1);
      here(past);
    }
  }
  emit(0x95, 0, 0, 0, 0);
}

Generated Generator::run() {
  made_.type = choices_.one_of<ProgType>(
      {ProgType::sched_cls, ProgType::sched_cls, ProgType::xdp, ProgType::cgroup_skb, ProgType::socket_filter});
  if (made_.type == ProgType::cgroup_skb)
    made_.attach = percent(50) ? AttachType::cgroup_inet_ingress : AttachType::cgroup_inet_egress;
  if (percent(10)) made_.flags |= prog_flag::test_state_freq;
  limit_ = 30 + below(120);
  returns_flag_ = made_.type == ProgType::cgroup_skb;
  mov(6, 1);
  wide(9, pseudo::map_value, one_map);
  code_.back().imm = 0;
  held_.value_size = one_size;
  held_.regs[9] = Kind::value;
  load(size_code(), 7, 9, 8 * static_cast<int>(below(5)));
  emit(percent(50) ? 0x79 : 0x81, 8, 9, 4 * static_cast<int>(below(10)), 0);
  held_.regs[7] = held_.regs[8] = Kind::number;
  for (unsigned slot = 0; slot < slot_count; ++slot) {
    if (percent(40)) continue;
    storei(mem_size::dw, 10, -8 * static_cast<int>(slot + 1), percent(50) ? 0 : constant());
    held_.slots[slot] = Kind::number;
  }
  made_.functions = {0};
  block(3 + static_cast<int>(below(12)), 0);
  finish_main();
  for (std::size_t i = 0; i < functions_.size(); ++i) function(i);
  made_.insns = std::move(code_);
  return std::move(made_);
}

Generated generate(Choices& choices, const Types& types) {
  return Generator(choices, types).run();
}

}  // namespace skep::fuzz
