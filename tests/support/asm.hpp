// An assembler of the kernel's disassembly, so that tests read like the verifier's log.
//
// `assemble("r1 = 5\n exit")` gives the instructions; a line that is not understood ends the test program with its
// text. One instruction a line (or separated by ';'); '#' begins a comment; "name:" is a label that jumps and calls may
// name.
//   r1 = r2   w1 = -5   r1 = (s8)r2   r1 += 3   w1 s>>= w2   r1 = -r1   r1 = be16 r1   r1 = le32 r1   r1 = bswap64 r1
//   r1 = 0x1122334455667788 ll   r1 = map 3   r1 = map_value 3 + 8   r1 = func label   r1 = btf 17
//   r0 = *(u32 *)(r1 +4)   r0 = *(s8 *)(r1 +0)   *(u64 *)(r10 -8) = r1   *(u16 *)(r10 -8) = 7
//   lock *(u64 *)(r10 -8) += r1   r1 = atomic64_fetch_add((u64 *)(r10 -8), r1)   r1 = xchg((u32 *)(r10 -8), r1)
//   r0 = cmpxchg((u64 *)(r10 -8), r0, r1)   r0 = load_acquire((u64 *)(r1 +0))   store_release((u64 *)(r10 -8), r1)
//   if r2 > 3 goto +2   if w2 s<= w3 goto out   if r1 & 1 goto +1   goto out   gotol out   may_goto out   gotox r1
//   call 1   call pc+3   call label   kfunc 123   kfunc 123, 1   exit
//   r0 = *(u32 *)skb[14]   r0 = *(u16 *)skb[r7 + 4]   r1 = addr_space_cast(r2, 0, 1)
#pragma once

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "isa/insn.hpp"

namespace skep::test {

class Assembler {
 public:
  static std::vector<Insn> assemble(std::string_view text) {
    Assembler assembler;
    assembler.parse(text);
    assembler.resolve();
    return std::move(assembler.insns_);
  }

 private:
  enum class Fix { off, imm, call, func };
  struct Reference {
    std::size_t insn;
    std::string label;
    Fix where;
  };
  struct Reg {
    unsigned number;
    bool wide;
  };

  std::vector<Insn> insns_;
  std::map<std::string, std::size_t, std::less<>> labels_;
  std::vector<Reference> references_;
  std::string_view line_, rest_;

  [[noreturn]] void fail(const char* why) const {
    std::fprintf(stderr, "asm: %s in \"%.*s\" at \"%.*s\"\n", why, static_cast<int>(line_.size()), line_.data(),
                 static_cast<int>(rest_.size()), rest_.data());
    std::abort();
  }

  // ---- lexing: every take… skips blanks first -----------------------------------------------------------------------
  void blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) rest_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail(("expected " + std::string(token)).c_str());
  }
  bool at_end() {
    blanks();
    return rest_.empty();
  }
  std::string_view word() {
    blanks();
    std::size_t n = 0;
    while (n < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[n])) || rest_[n] == '_')) ++n;
    auto result = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return result;
  }
  std::optional<Reg> reg() {
    blanks();
    if (rest_.size() < 2 || (rest_[0] != 'r' && rest_[0] != 'w') || !std::isdigit(static_cast<unsigned char>(rest_[1])))
      return std::nullopt;
    Reg result{0, rest_[0] == 'r'};
    rest_.remove_prefix(1);
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0]))) {
      result.number = result.number * 10 + static_cast<unsigned>(rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return result;
  }
  Reg need_reg() {
    auto r = reg();
    if (!r) fail("expected a register");
    return *r;
  }
  std::optional<long long> number() {
    blanks();
    std::string text(rest_);
    std::size_t at = 0;
    bool negative = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
    while (at < text.size() && text[at] == ' ') ++at;
    if (at >= text.size() || !std::isdigit(static_cast<unsigned char>(text[at]))) return std::nullopt;
    char* end = nullptr;
    auto value = std::strtoull(text.c_str() + at, &end, 0);
    rest_.remove_prefix(static_cast<std::size_t>(end - text.c_str()));
    return static_cast<long long>(negative ? 0 - value : value);
  }
  long long need_number() {
    auto n = number();
    if (!n) fail("expected a number");
    return *n;
  }

  // ---- emitting -----------------------------------------------------------------------------------------------------
  Insn& emit(unsigned code, unsigned dst = 0, unsigned src = 0, long long off = 0, long long imm = 0) {
    Insn insn;
    insn.code = static_cast<std::uint8_t>(code);
    insn.dst = dst & 0xf;
    insn.src = src & 0xf;
    insn.off = static_cast<std::int16_t>(off);
    insn.imm = static_cast<std::int32_t>(imm);
    insns_.push_back(insn);
    return insns_.back();
  }
  void emit_wide(unsigned dst, unsigned src, std::uint64_t low, std::uint64_t high) {
    emit(0x18, dst, src, 0, static_cast<std::int32_t>(low));
    emit(0, 0, 0, 0, static_cast<std::int32_t>(high));
  }
  // A jump's or call's target: a number of instructions, or a label.
  void target(Fix where) {
    if (take("pc")) blanks();
    if (auto n = number()) {
      if (where == Fix::off)
        insns_.back().off = static_cast<std::int16_t>(*n);
      else
        insns_.back().imm = static_cast<std::int32_t>(*n);
      return;
    }
    auto name = word();
    if (name.empty()) fail("expected a target");
    references_.push_back({insns_.size() - 1, std::string(name), where});
  }

  struct Memory {
    unsigned size_field;
    bool sign;
    unsigned base;
    long long off;
  };
  // "(u32 *)" after any leading '*'
  std::pair<unsigned, bool> access_type() {
    expect("(");
    auto name = word();
    expect("*");
    expect(")");
    static const std::map<std::string_view, std::pair<unsigned, bool>> sizes = {
        {"u8", {0x10, false}}, {"u16", {0x08, false}}, {"u32", {0x00, false}}, {"u64", {0x18, false}},
        {"s8", {0x10, true}},  {"s16", {0x08, true}},  {"s32", {0x00, true}}};
    auto it = sizes.find(name);
    if (it == sizes.end()) fail("unknown access size");
    return it->second;
  }
  Memory memory() {
    auto [size, sign] = access_type();
    expect("(");
    auto base = need_reg();
    auto off = number().value_or(0);
    expect(")");
    return {size, sign, base.number, off};
  }

  static std::optional<std::pair<unsigned, int>> alu_of(std::string_view op) {
    static const std::map<std::string_view, std::pair<unsigned, int>> ops = {
        {"+=", {0x00, 0}},  {"-=", {0x10, 0}}, {"*=", {0x20, 0}},  {"/=", {0x30, 0}},  {"s/=", {0x30, 1}},
        {"|=", {0x40, 0}},  {"&=", {0x50, 0}}, {"<<=", {0x60, 0}}, {">>=", {0x70, 0}}, {"%=", {0x90, 0}},
        {"s%=", {0x90, 1}}, {"^=", {0xa0, 0}}, {"s>>=", {0xc0, 0}}};
    auto it = ops.find(op);
    if (it == ops.end()) return std::nullopt;
    return it->second;
  }
  std::string_view symbol() {  // characters up to a blank
    blanks();
    std::size_t n = 0;
    while (n < rest_.size() && !std::isspace(static_cast<unsigned char>(rest_[n]))) ++n;
    auto result = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return result;
  }

  void atomic(unsigned size, unsigned dst, long long off, unsigned src, int op) {
    emit(0xc0 | 0x03 | size, dst, src, off, op);
  }

  bool assign_call_like(Reg dst) {  // "r1 = name((u64 *)(r2 +0), …)"
    auto saved = rest_;
    auto name = word();
    if (!take("(")) {
      rest_ = saved;
      return false;
    }
    if (name == "addr_space_cast") {
      auto src = need_reg();
      expect(",");
      auto to = need_number();
      expect(",");
      auto from = need_number();
      expect(")");
      emit(0x07 | 0xb0 | 0x08, dst.number, src.number, 1, (to << 16) | from);
      return true;
    }
    auto m = memory();
    if (name == "load_acquire") {
      expect(")");
      atomic(m.size_field, dst.number, m.off, m.base, atomic_op::load_acq);
      return true;
    }
    expect(",");
    auto first = need_reg();
    static const std::map<std::string_view, int> ops = {{"fetch_add", 0x01}, {"fetch_or", 0x41}, {"fetch_and", 0x51},
                                                        {"fetch_xor", 0xa1}, {"xchg", 0xe1},     {"cmpxchg", 0xf1}};
    for (std::string_view prefix : {"atomic64_", "atomic_"})
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    auto it = ops.find(name);
    if (it == ops.end()) fail("unknown atomic operation");
    auto src = first;
    if (name == "cmpxchg") {
      expect(",");
      src = need_reg();
    }
    expect(")");
    atomic(m.size_field, m.base, m.off, src.number, it->second);
    return true;
  }

  void assign(Reg dst) {
    unsigned cls = dst.wide ? 0x07 : 0x04;
    if (take("map_value")) {
      auto fd = need_number();
      auto off = number().value_or(0);
      return emit_wide(dst.number, pseudo::map_value, static_cast<std::uint64_t>(fd), static_cast<std::uint64_t>(off));
    }
    if (take("map ")) return emit_wide(dst.number, pseudo::map_fd, static_cast<std::uint64_t>(need_number()), 0);
    if (take("btf ")) return emit_wide(dst.number, pseudo::btf_id, static_cast<std::uint64_t>(need_number()), 0);
    if (take("func ")) {
      emit_wide(dst.number, pseudo::func, 0, 0);
      auto name = word();
      references_.push_back({insns_.size() - 2, std::string(name), Fix::func});
      return;
    }
    if (take("-r") || take("-w")) {
      number();
      emit(cls | 0x80, dst.number);
      return;
    }
    if (take("(s8)") || take("(s16)") || take("(s32)")) {
      auto bits = line_.find("(s8)") != line_.npos ? 8 : line_.find("(s16)") != line_.npos ? 16 : 32;
      auto src = need_reg();
      emit(cls | 0xb0 | 0x08, dst.number, src.number, bits);
      return;
    }
    if (take("*")) {
      auto saved = rest_;
      auto [size, sign] = access_type();
      if (take("skb[")) {
        if (auto r = reg()) {
          emit(0x00 | size | 0x40, 0, r->number, 0, number().value_or(0));
        } else {
          emit(0x00 | size | 0x20, 0, 0, 0, need_number());
        }
        return expect("]");
      }
      rest_ = saved;
      auto m = memory();
      emit(0x01 | m.size_field | (m.sign ? 0x80U : 0x60U), dst.number, m.base, m.off);
      return;
    }
    for (std::string_view swap : {"be", "le", "bswap"}) {
      auto saved = rest_;
      if (take(swap)) {
        auto bits = number();
        if (bits && reg()) {
          unsigned code = swap == "bswap" ? 0x07 | 0xd0 : 0x04 | 0xd0 | (swap == "be" ? 0x08U : 0U);
          emit(code, dst.number, 0, 0, *bits);
          return;
        }
        rest_ = saved;
      }
    }
    if (auto src = reg()) {
      emit(cls | 0xb0 | 0x08, dst.number, src->number);
      return;
    }
    if (auto value = number()) {
      if (take("ll")) {
        auto v = static_cast<std::uint64_t>(*value);
        return emit_wide(dst.number, 0, v & 0xffffffff, v >> 32);
      }
      emit(cls | 0xb0, dst.number, 0, 0, *value);
      return;
    }
    if (!assign_call_like(dst)) fail("unknown right-hand side");
  }

  void condition() {
    auto dst = need_reg();
    static const std::map<std::string_view, unsigned> ops = {{"==", 0x10}, {">", 0x20},  {">=", 0x30},  {"&", 0x40},
                                                             {"!=", 0x50}, {"s>", 0x60}, {"s>=", 0x70}, {"<", 0xa0},
                                                             {"<=", 0xb0}, {"s<", 0xc0}, {"s<=", 0xd0}};
    auto it = ops.find(symbol());
    if (it == ops.end()) fail("unknown comparison");
    unsigned code = it->second | (dst.wide ? 0x05U : 0x06U);
    if (auto src = reg())
      emit(code | 0x08, dst.number, src->number);
    else
      emit(code, dst.number, 0, 0, need_number());
    expect("goto");
    target(Fix::off);
  }

  void statement() {
    if (take("exit")) {
      emit(0x95);
    } else if (take("if ")) {
      condition();
    } else if (take("gotol")) {
      emit(0x06);
      target(Fix::imm);
    } else if (take("gotox")) {
      emit(0x0d, need_reg().number);
    } else if (take("goto")) {
      emit(0x05);
      target(Fix::off);
    } else if (take("may_goto")) {
      emit(0xe5);
      target(Fix::off);
    } else if (take("kfunc")) {
      auto id = need_number();
      auto index = take(",") ? need_number() : 0;
      emit(0x85, 0, call_kind::kfunc, index, id);
    } else if (take("call")) {
      if (auto helper = number()) {
        emit(0x85, 0, call_kind::helper, 0, *helper);
      } else {
        emit(0x85, 0, call_kind::subprogram, 0, 0);
        target(Fix::call);
      }
    } else if (take("store_release(")) {
      auto m = memory();
      expect(",");
      auto src = need_reg();
      expect(")");
      atomic(m.size_field, m.base, m.off, src.number, atomic_op::store_rel);
    } else if (take("lock")) {
      expect("*");
      auto m = memory();
      auto op = alu_of(symbol());
      if (!op) fail("unknown operator");
      atomic(m.size_field, m.base, m.off, need_reg().number, static_cast<int>(op->first));
    } else if (take("*")) {
      auto m = memory();
      expect("=");
      if (auto src = reg())
        emit(0x03 | 0x60 | m.size_field, m.base, src->number, m.off);
      else
        emit(0x02 | 0x60 | m.size_field, m.base, 0, m.off, need_number());
    } else {
      auto dst = need_reg();
      auto op = symbol();
      if (op == "=") {
        assign(dst);
      } else {
        auto alu = alu_of(op);
        if (!alu) fail("unknown operator");
        unsigned code = alu->first | (dst.wide ? 0x07U : 0x04U);
        if (auto src = reg())
          emit(code | 0x08, dst.number, src->number, alu->second);
        else
          emit(code, dst.number, 0, alu->second, need_number());
      }
    }
    if (!at_end()) fail("text after the instruction");
  }

  void parse(std::string_view text) {
    while (!text.empty()) {
      auto end = text.find_first_of("\n;");
      line_ = rest_ = text.substr(0, end);
      text = end == text.npos ? std::string_view{} : text.substr(end + 1);
      if (auto comment = rest_.find('#'); comment != rest_.npos) rest_ = rest_.substr(0, comment);
      blanks();
      auto saved = rest_;
      auto name = word();
      if (!name.empty() && take(":")) {
        labels_[std::string(name)] = insns_.size();
      } else {
        rest_ = saved;
      }
      if (!at_end()) statement();
    }
  }

  void resolve() {
    for (const auto& ref : references_) {
      auto it = labels_.find(ref.label);
      if (it == labels_.end()) {
        line_ = rest_ = ref.label;
        fail("unknown label");
      }
      auto distance = static_cast<long long>(it->second) - static_cast<long long>(ref.insn) - 1;
      if (ref.where == Fix::off)
        insns_[ref.insn].off = static_cast<std::int16_t>(distance);
      else
        insns_[ref.insn].imm = static_cast<std::int32_t>(distance);
    }
  }
};

inline std::vector<Insn> assemble(std::string_view text) {
  return Assembler::assemble(text);
}

}  // namespace skep::test
