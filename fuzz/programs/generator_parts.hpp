// The generator from inside: what it knows of registers and slots, and a function for each kind of thing that programs
// do. generator.cpp has those that compute and branch, generator_memory.cpp those that touch memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "programs/generator.hpp"

namespace skep::fuzz {

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

}  // namespace skep::fuzz
