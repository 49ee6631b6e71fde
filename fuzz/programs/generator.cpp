// See generator.hpp. One function for each kind of thing that programs do; functions and callbacks stand behind the
// main program.
#include "programs/generator.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace skep::fuzz {
namespace {

enum class Kind : std::uint8_t { none, number, value };  // value: a pointer into a map's value

constexpr int slot_count = 8;  // fp-8 … fp-64
constexpr std::int16_t dynptr_at = -80, iter_at = -88, key_at = -96, counter_at = -104, buffer_at = -144,
                       saved_at = -152;
constexpr std::int32_t buffer_size = 40;

namespace helper {
constexpr std::int32_t map_lookup = 1, map_update = 2, map_delete = 3, ktime = 5, prandom = 7, ringbuf_reserve = 131,
                       ringbuf_submit = 132, ringbuf_discard = 133, loop = 181, dynptr_from_mem = 197,
                       dynptr_read = 201, dynptr_write = 202, dynptr_data = 203;
}

// What registers and slots hold, as far as the generator knows.
struct Held {
  std::array<Kind, 10> regs{};
  std::array<Kind, slot_count> slots{};
  std::int32_t value_size = 0;    // of what r9 points into
  std::int32_t value_offset = 0;  // where its bytes begin that may be touched
  unsigned locked = 0;            // registers that must keep what they hold (bits)
  void join(const Held& other) {
    for (std::size_t i = 0; i < regs.size(); ++i)
      if (regs[i] != other.regs[i]) regs[i] = Kind::none;
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (slots[i] != other.slots[i]) slots[i] = Kind::none;
    value_size = std::min(value_size, other.value_size);
    value_offset = std::max(value_offset, other.value_offset);
  }
};

class Generator {
 public:
  Generator(Choices& choices, const Types& types) : choices_(choices), types_(types) {}
  Generated run();

 private:
  struct Function {
    enum class As : std::uint8_t { called, loop_callback, wq_callback } as;
    int depth;
    std::vector<std::size_t> sites;  // instructions that name it
  };
  using Label = std::vector<std::size_t>;  // jumps to a place that is not known yet

  // ---- writing instructions ----
  void emit(unsigned code, unsigned dst, unsigned src, int off, std::int32_t imm) {
    code_.push_back({static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(dst & 15),
                     static_cast<std::uint8_t>(src & 15), static_cast<std::int16_t>(off), imm});
  }
  void mov(unsigned dst, unsigned src) { emit(0xbf, dst, src, 0, 0); }
  void movi(unsigned dst, std::int32_t imm) { emit(0xb7, dst, 0, 0, imm); }
  void add(unsigned dst, unsigned src) { emit(0x0f, dst, src, 0, 0); }
  void addi(unsigned dst, std::int32_t imm) { emit(0x07, dst, 0, 0, imm); }
  void wide(unsigned dst, unsigned src, std::uint64_t imm) {
    emit(0x18, dst, src, 0, static_cast<std::int32_t>(imm));
    emit(0, 0, 0, 0, static_cast<std::int32_t>(imm >> 32));
  }
  void load(unsigned size, unsigned dst, unsigned src, int off) { emit(0x61 | size, dst, src, off, 0); }
  void store(unsigned size, unsigned dst, int off, unsigned src) { emit(0x63 | size, dst, src, off, 0); }
  void storei(unsigned size, unsigned dst, int off, std::int32_t imm) { emit(0x62 | size, dst, 0, off, imm); }
  void stack_address(unsigned dst, int off) {
    mov(dst, 10);
    addi(dst, off);
  }
  void call(std::int32_t id) {
    emit(0x85, 0, call_kind::helper, 0, id);
    called();
  }
  void kfunc(const char* name) {
    emit(0x85, 0, call_kind::kfunc, 1, types_.kfunc(name));
    called();
  }
  void called() {
    for (unsigned i = 0; i <= 5; ++i) held_.regs[i] = Kind::none;
  }
  void jump(Label& to, unsigned code, unsigned dst, unsigned src, std::int32_t imm) {
    to.push_back(code_.size());
    emit(code, dst, src, 0, imm);
  }
  void here(Label& label) {
    for (const std::size_t at : label) code_[at].off = static_cast<std::int16_t>(code_.size() - at - 1);
    label.clear();
  }
  void back(std::size_t to) { emit(0x05, 0, 0, static_cast<int>(to) - static_cast<int>(code_.size()) - 1, 0); }
  void name(std::size_t function) { functions_[function].sites.push_back(code_.size()); }

  // ---- choosing ----
  unsigned below(unsigned n) { return choices_.below(n); }
  bool percent(unsigned p) { return choices_.percent(p); }
  unsigned size_code() { return choices_.one_of<unsigned>({0x18, 0x18, 0x00, 0x08, 0x10}); }
  std::int32_t constant();
  unsigned number();                   // a register that holds one
  unsigned scratch(unsigned but = 0);  // r1 to r5 that may be overwritten; `but`: not these (bits)
  unsigned target();                   // where a number may be put
  void holds(unsigned reg, Kind kind) { held_.regs[reg] = kind; }
  bool full() const { return code_.size() > limit_; }

  // ---- what programs do ----
  void block(int steps, int nesting);
  void step(int nesting);
  void alu();
  void bound(unsigned reg, Label& otherwise);
  void comparison(Label& to);
  void branch(int nesting);
  void early_exit();
  void value_access();
  void access(unsigned pointer, int off, unsigned size, bool may_write);
  void packet_access();
  void context_access();
  void packet_load();
  void spill();
  void fill();
  void variable_stack();
  void atomic();
  void helper_number();
  void lookup();
  void hash_update();
  void ring_buffer();
  void dynptr();
  void subprogram(int nesting);
  void loop_call();
  void counted_loop(int nesting);
  void may_goto_loop(int nesting);
  void iterator_loop(int nesting);
  void work_queue();
  void read_only();
  void begin(bool with_context, int first_number);
  void function(std::size_t index);
  void finish_main();

  Choices& choices_;
  const Types& types_;
  Generated made_;
  std::vector<Insn> code_;
  std::vector<Function> functions_;
  Held held_;
  bool main_ = true, returns_flag_ = false, returns_zero_ = false;
  bool wq_value_ = false;  // r9 points into a value with a work item
  int depth_ = 0;
  std::size_t limit_ = 0;
};

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

void Generator::access(unsigned pointer, int off, unsigned size, bool may_write) {
  switch (below(may_write ? 5 : 2)) {
    case 0: {
      const unsigned dst = target();
      load(size, dst, pointer, off);
      return holds(dst, Kind::number);
    }
    case 1: {
      const unsigned dst = target();
      if (size == mem_size::dw)
        load(size, dst, pointer, off);
      else
        emit(0x81 | size, dst, pointer, off, 0);  // with its sign
      return holds(dst, Kind::number);
    }
    case 2:
      return storei(size, pointer, off, constant());
    default:
      return store(size, pointer, off, number());
  }
}

// r9 + a number that was bounded + a constant.
void Generator::value_access() {
  if (held_.regs[9] != Kind::value) return;
  const unsigned size = size_code();
  const int bytes = static_cast<int>(access_bytes(static_cast<std::uint8_t>(size)));
  const int room = held_.value_size - bytes;
  const int first = held_.value_offset + static_cast<int>(below(static_cast<unsigned>(room - held_.value_offset + 1)));
  if (percent(30)) return access(9, first, size, true);
  const Held before = held_;
  Label otherwise;
  const unsigned index = scratch();
  mov(index, number());
  holds(index, Kind::number);
  bound(index, otherwise);
  if (percent(15)) bound(index, otherwise);
  const unsigned pointer = scratch(1U << index);
  mov(pointer, 9);
  holds(pointer, Kind::none);
  if (percent(20)) {
    addi(pointer, first);
    emit(0x1f, pointer, index, 0, 0);  // backwards
    access(pointer, percent(90) ? 0 : static_cast<int>(below(8)), size, true);
  } else {
    add(pointer, index);
    if (percent(20)) addi(pointer, static_cast<std::int32_t>(below(16)));
    access(pointer, percent(80) ? held_.value_offset : static_cast<int>(below(24)), size, true);
  }
  if (percent(50)) holds(index, Kind::number);
  here(otherwise);
  held_.join(before);
}

void Generator::packet_access() {
  if (!main_ || held_.regs[6] != Kind::none || made_.type == ProgType::socket_filter) return;
  const Held before = held_;
  const bool xdp = made_.type == ProgType::xdp;
  const unsigned data = 2, end = 3, index = 4, limit = 5;
  if ((held_.locked & 0x3c) != 0) return;
  Label past;
  load(mem_size::w, data, 6, xdp ? 0 : 76);
  load(mem_size::w, end, 6, xdp ? 4 : 80);
  holds(data, Kind::none), holds(end, Kind::none), holds(limit, Kind::none), holds(index, Kind::none);
  if (percent(50)) {
    const unsigned from = number();
    mov(index, from);
    holds(index, Kind::number);
    bound(index, past);
    add(data, index);
    holds(index, percent(50) ? Kind::number : Kind::none);
  }
  const auto span = static_cast<std::int32_t>(1 + below(40));
  mov(limit, data);
  addi(limit, span);
  switch (below(4)) {
    case 0:
      jump(past, 0x2d, limit, end, 0);  // if limit > end
      break;
    case 1:
      jump(past, 0xad, end, limit, 0);  // if end < limit
      break;
    case 2:
      jump(past, 0x3d, limit, end, 0);  // if limit >= end
      break;
    default:
      jump(past, 0xbd, end, limit, 0);  // if end <= limit
      break;
  }
  const unsigned size = size_code();
  const int bytes = static_cast<int>(access_bytes(static_cast<std::uint8_t>(size)));
  const bool writable = made_.type != ProgType::cgroup_skb;
  for (unsigned n = 1 + below(2); n != 0; --n) {
    const int off = percent(90) ? std::max(0, static_cast<int>(below(static_cast<unsigned>(span))) - bytes + 1)
                                : static_cast<int>(below(44));
    const unsigned old_lock = held_.locked;
    held_.locked |= 1U << data;
    access(data, off, size, writable);
    held_.locked = old_lock;
  }
  here(past);
  holds(data, Kind::none);
  held_.join(before);
  for (unsigned i = 2; i <= 5; ++i) held_.regs[i] = Kind::none;
}

void Generator::context_access() {
  if (!main_) return;
  if (made_.type == ProgType::xdp) {
    const unsigned dst = target();
    load(mem_size::w, dst, 6, choices_.one_of<int>({12, 16}));
    return holds(dst, Kind::number);
  }
  if (percent(70)) {
    const unsigned dst = target();
    load(mem_size::w, dst, 6, choices_.one_of<int>({0, 8, 16, 48, 52}));
    return holds(dst, Kind::number);
  }
  store(mem_size::w, 6, choices_.one_of<int>({48, 52, 56, 64}), number());
}

void Generator::packet_load() {  // the old way
  if (!main_ || made_.type == ProgType::xdp || returns_flag_) return;
  const unsigned size = choices_.one_of<unsigned>({mem_size::b, mem_size::h, mem_size::w});
  if (percent(50))
    emit(0x20 | size, 0, 0, 0, static_cast<std::int32_t>(below(60)));
  else
    emit(0x40 | size, 0, number(), 0, static_cast<std::int32_t>(below(20)));
  called();
  holds(0, Kind::number);
}

void Generator::spill() {
  const unsigned slot = below(slot_count);
  const int at = -8 * static_cast<int>(slot + 1);
  Kind& kind = held_.slots[slot];
  if (percent(15) && held_.regs[9] == Kind::value && !wq_value_) {
    store(mem_size::dw, 10, at, 9);
    kind = Kind::value;
    return;
  }
  if (kind == Kind::number && percent(40)) {  // a part of it
    const unsigned size = choices_.one_of<unsigned>({mem_size::b, mem_size::h, mem_size::w});
    const auto bytes = access_bytes(static_cast<std::uint8_t>(size));
    const int off = at + static_cast<int>(bytes * below(8 / bytes));
    if (percent(30)) return storei(size, 10, off, percent(50) ? 0 : constant());
    return store(size, 10, off, number());
  }
  if (percent(20))
    storei(mem_size::dw, 10, at, constant());
  else
    store(mem_size::dw, 10, at, number());
  kind = Kind::number;
}

void Generator::fill() {
  for (unsigned tries = 0; tries < 4; ++tries) {
    const unsigned slot = below(slot_count);
    const int at = -8 * static_cast<int>(slot + 1);
    if (held_.slots[slot] == Kind::value && (held_.locked >> 9 & 1) == 0) {
      load(mem_size::dw, 9, 10, at);
      held_.regs[9] = Kind::value;
      held_.value_size = std::min(static_cast<std::int32_t>(one_size), held_.value_size);
      return;
    }
    if (held_.slots[slot] != Kind::number) continue;
    const unsigned size = percent(60) ? unsigned{mem_size::dw} : size_code();
    const auto bytes = access_bytes(static_cast<std::uint8_t>(size));
    const int off = at + static_cast<int>(percent(60) ? 0 : bytes * below(8 / bytes));
    const unsigned dst = target();
    if (size != mem_size::dw && percent(40))
      emit(0x81 | size, dst, 10, off, 0);
    else
      load(size, dst, 10, off);
    return holds(dst, Kind::number);
  }
}

void Generator::variable_stack() {
  for (const Kind kind : held_.slots)
    if (kind != Kind::number) return;
  const Held before = held_;
  Label otherwise;
  const unsigned index = scratch(), pointer = scratch(1U << index);
  mov(index, number());
  holds(index, Kind::number);
  if (percent(70))
    emit(0x57, index, 0, 0, choices_.one_of<std::int32_t>({0x38, 0x18, 0x3f, 7, 8}));
  else
    bound(index, otherwise);
  stack_address(pointer, -64);
  holds(pointer, Kind::none);
  add(pointer, index);
  access(pointer, percent(80) ? 0 : static_cast<int>(below(8)), size_code(), true);
  here(otherwise);
  held_.join(before);
}

void Generator::atomic() {
  const unsigned size = percent(60) ? mem_size::dw : mem_size::w;
  const auto op = choices_.one_of<std::int32_t>({0, 0x40, 0x50, 0xa0, 1, 0x41, 0x51, 0xa1, atomic_op::xchg,
                                                 atomic_op::cmpxchg, atomic_op::load_acq, atomic_op::store_rel});
  unsigned pointer = 10;
  int off = 0;
  if (percent(50) && held_.regs[9] == Kind::value) {
    pointer = 9;
    off = held_.value_offset +
          8 * static_cast<int>(below(static_cast<unsigned>(held_.value_size - held_.value_offset) / 8));
  } else {
    const unsigned slot = below(slot_count);
    if (held_.slots[slot] != Kind::number) return;
    off = -8 * static_cast<int>(slot + 1);
  }
  if (op == atomic_op::load_acq) {
    const unsigned dst = target();
    emit(0xc3 | size, dst, pointer, off, op);
    return holds(dst, Kind::number);
  }
  const unsigned src = number();
  const bool answers = (op & 1) != 0 && op != atomic_op::store_rel;
  if (answers && (held_.locked >> src & 1) != 0) return;
  if (op == atomic_op::cmpxchg) {
    if (held_.regs[0] != Kind::number) movi(0, constant());
    holds(0, Kind::number);
  }
  emit(0xc3 | size, pointer, src, off, op);
}

void Generator::helper_number() {
  call(percent(70) ? helper::prandom : helper::ktime);
  holds(0, Kind::number);
}

// r9 becomes a row of the second map, on the path where there is one.
void Generator::lookup() {
  const bool hash = percent(40);
  Label past;
  const unsigned index = scratch();
  mov(index, number());
  Label none;
  if (percent(80)) emit(0x57, index, 0, 0, hash ? 7 : 3);
  if (hash)
    store(mem_size::dw, 10, key_at, index);
  else
    store(mem_size::w, 10, key_at, index);
  stack_address(2, key_at);
  wide(1, pseudo::map_fd, hash ? hash_map : rows_map);
  call(helper::map_lookup);
  jump(past, 0x15, 0, 0, 0);
  if (percent(50) && !wq_value_ && (held_.locked >> 9 & 1) == 0) {
    mov(9, 0);
    holds(9, Kind::value);
    held_.value_size = std::min(held_.value_size, static_cast<std::int32_t>(hash ? hash_size : one_size));
  } else {
    const Held before = held_;
    held_.locked |= 1;
    const int room = static_cast<int>(hash ? hash_size : rows_size);
    access(0, static_cast<int>(below(static_cast<unsigned>(room))) & ~7, size_code(), true);
    held_.locked = before.locked;
    held_.join(before);
  }
  here(past);
  holds(0, Kind::none);
}

void Generator::hash_update() {
  mov(1, number());
  emit(0x57, 1, 0, 0, 7);
  store(mem_size::dw, 10, key_at, 1);
  for (int at = 0; at < static_cast<int>(hash_size); at += 8) store(mem_size::dw, 10, buffer_at + at, number());
  wide(1, pseudo::map_fd, hash_map);
  stack_address(2, key_at);
  if (percent(30)) {
    call(helper::map_delete);
  } else {
    stack_address(3, buffer_at);
    movi(4, percent(70) ? 0 : static_cast<std::int32_t>(below(3)));
    call(helper::map_update);
  }
  holds(0, Kind::number);
}

void Generator::ring_buffer() {
  const auto size = static_cast<std::int32_t>(8 + 8 * below(4));
  wide(1, pseudo::map_fd, ring_map);
  movi(2, size);
  movi(3, 0);
  call(helper::ringbuf_reserve);
  Label past;
  jump(past, 0x15, 0, 0, 0);
  store(mem_size::dw, 0, 0, number());
  if (percent(60)) {
    const unsigned index = scratch(), pointer = scratch(1U << index);
    mov(index, number());
    emit(0x57, index, 0, 0, choices_.one_of<std::int32_t>({7, 8, 15, 24}));
    mov(pointer, 0);
    add(pointer, index);
    storei(mem_size::b, pointer, static_cast<int>(below(12)), constant());
  }
  mov(1, 0);
  movi(2, 0);
  call(percent(70) ? helper::ringbuf_submit : helper::ringbuf_discard);
  here(past);
  called();
}

void Generator::dynptr() {
  if (held_.regs[9] != Kind::value || wq_value_) return;
  Label past, otherwise;
  const auto size =
      static_cast<std::int32_t>(percent(90) ? 1 + below(static_cast<unsigned>(held_.value_size)) : below(80));
  mov(1, 9);
  movi(2, size);
  movi(3, 0);
  stack_address(4, dynptr_at);
  call(helper::dynptr_from_mem);
  holds(0, Kind::number);
  for (unsigned n = 1 + below(3); n != 0; --n) {
    const auto length = static_cast<std::int32_t>(1 + below(buffer_size));
    switch (below(4)) {
      case 0:  // read
        mov(4, number());
        mov(3, 4);
        stack_address(1, buffer_at);
        movi(2, length);
        emit(0xbf, 4, 3, 0, 0);
        stack_address(3, dynptr_at);
        movi(5, 0);
        call(helper::dynptr_read);
        holds(0, Kind::number);
        break;
      case 1:  // write
        mov(2, number());
        for (int at = 0; at < buffer_size; at += 8) storei(mem_size::dw, 10, buffer_at + at, constant());
        stack_address(1, dynptr_at);
        stack_address(3, buffer_at);
        movi(4, length);
        movi(5, 0);
        call(helper::dynptr_write);
        holds(0, Kind::number);
        break;
      case 2: {  // data
        stack_address(1, dynptr_at);
        movi(2, static_cast<std::int32_t>(below(16)));
        movi(3, length);
        call(helper::dynptr_data);
        jump(past, 0x15, 0, 0, 0);
        const Held before = held_;
        held_.locked |= 1;
        access(0, static_cast<int>(below(static_cast<unsigned>(length))), mem_size::b, true);
        held_.locked = before.locked;
        held_.join(before);
        here(past);
        holds(0, Kind::none);
        break;
      }
      default: {  // slice
        const unsigned from = number();
        stack_address(1, dynptr_at);
        if (percent(50) && from >= 6)
          mov(2, from);
        else
          movi(2, static_cast<std::int32_t>(below(16)));
        stack_address(3, buffer_at);
        movi(4, length);
        const bool write = percent(50);
        kfunc(write ? "bpf_dynptr_slice_rdwr" : "bpf_dynptr_slice");
        jump(past, 0x15, 0, 0, 0);
        const Held before = held_;
        held_.locked |= 1;
        access(0, static_cast<int>(below(static_cast<unsigned>(length))), mem_size::b, write);
        held_.locked = before.locked;
        held_.join(before);
        here(past);
        holds(0, Kind::none);
        break;
      }
    }
  }
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

}  // namespace

Generated generate(Choices& choices, const Types& types) {
  return Generator(choices, types).run();
}

}  // namespace skep::fuzz
