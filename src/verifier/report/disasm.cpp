// See disasm.hpp.
#include "verifier/report/disasm.hpp"

#include <fmt/format.h>

namespace skep::verifier {

namespace {

std::string_view alu_sign(const Insn& insn) {
  const bool is_signed = insn.off == 1;
  switch (insn.op()) {
    case alu_op::add:
      return "+=";
    case alu_op::sub:
      return "-=";
    case alu_op::mul:
      return "*=";
    case alu_op::div:
      return is_signed ? "s/=" : "/=";
    case alu_op::or_:
      return "|=";
    case alu_op::and_:
      return "&=";
    case alu_op::lsh:
      return "<<=";
    case alu_op::rsh:
      return ">>=";
    case alu_op::mod:
      return is_signed ? "s%=" : "%=";
    case alu_op::xor_:
      return "^=";
    case alu_op::mov:
      return "=";
    case alu_op::arsh:
      return "s>>=";
    default:
      return "?=";
  }
}

std::string_view jump_sign(std::uint8_t op) {
  switch (op) {
    case jmp_op::jeq:
      return "==";
    case jmp_op::jgt:
      return ">";
    case jmp_op::jge:
      return ">=";
    case jmp_op::jset:
      return "&";
    case jmp_op::jne:
      return "!=";
    case jmp_op::jsgt:
      return "s>";
    case jmp_op::jsge:
      return "s>=";
    case jmp_op::jlt:
      return "<";
    case jmp_op::jle:
      return "<=";
    case jmp_op::jslt:
      return "s<";
    case jmp_op::jsle:
      return "s<=";
    default:
      return "?";
  }
}

std::string_view size_name(const Insn& insn, bool is_signed = false) {
  switch (insn.size()) {
    case mem_size::b:
      return is_signed ? "s8" : "u8";
    case mem_size::h:
      return is_signed ? "s16" : "u16";
    case mem_size::w:
      return is_signed ? "s32" : "u32";
    default:
      return is_signed ? "s64" : "u64";
  }
}

std::string place(const Insn& insn, unsigned base) {
  return fmt::format("({} *)(r{} {:+})", size_name(insn), base, static_cast<int>(insn.off));
}

std::string swap_text(const Insn& insn) {
  const unsigned reg = insn.dst;
  if (insn.insn_class() == insn_class::alu64) return fmt::format("r{} = bswap{} r{}", reg, insn.imm, reg);
  return fmt::format("r{} = {}{} r{}", reg, insn.from_register() ? "be" : "le", insn.imm, reg);
}

std::string alu_text(const Insn& insn) {
  const bool is64 = insn.insn_class() == insn_class::alu64;
  const char r = is64 ? 'r' : 'w';
  const unsigned dst = insn.dst, src = insn.src;
  if (insn.op() == alu_op::end) return swap_text(insn);
  if (insn.op() == alu_op::neg) return fmt::format("{}{} = -{}{}", r, dst, r, dst);
  if (!insn.from_register()) return fmt::format("{}{} {} {}", r, dst, alu_sign(insn), insn.imm);
  if (insn.op() == alu_op::mov && is64 && insn.off == 1 && insn.imm != 0) {
    const auto spaces = static_cast<std::uint32_t>(insn.imm);
    return fmt::format("r{} = addr_space_cast(r{}, {}, {})", dst, src, spaces >> 16, spaces & 0xffff);
  }
  std::string cast;
  if (insn.op() == alu_op::mov && insn.off != 0) cast = fmt::format("(s{})", static_cast<int>(insn.off));
  return fmt::format("{}{} {} {}{}{}", r, dst, alu_sign(insn), cast, r, src);
}

std::string atomic_text(const Insn& insn) {
  const unsigned dst = insn.dst, src = insn.src;
  const std::string_view width = insn.size() == mem_size::dw ? "64" : "";
  switch (insn.imm) {
    case atomic_op::add:
    case atomic_op::or_:
    case atomic_op::and_:
    case atomic_op::xor_: {
      const std::string_view sign = insn.imm == atomic_op::add    ? "+="
                                    : insn.imm == atomic_op::or_  ? "|="
                                    : insn.imm == atomic_op::and_ ? "&="
                                                                  : "^=";
      return fmt::format("lock *{} {} r{}", place(insn, dst), sign, src);
    }
    case atomic_op::add | atomic_op::fetch:
    case atomic_op::or_ | atomic_op::fetch:
    case atomic_op::and_ | atomic_op::fetch:
    case atomic_op::xor_ | atomic_op::fetch: {
      const std::int32_t op = insn.imm & ~atomic_op::fetch;
      const std::string_view name = op == atomic_op::add    ? "add"
                                    : op == atomic_op::or_  ? "or"
                                    : op == atomic_op::and_ ? "and"
                                                            : "xor";
      return fmt::format("r{} = atomic{}_fetch_{}({}, r{})", src, width, name, place(insn, dst), src);
    }
    case atomic_op::cmpxchg:
      return fmt::format("r0 = atomic{}_cmpxchg({}, r0, r{})", width, place(insn, dst), src);
    case atomic_op::xchg:
      return fmt::format("r{} = atomic{}_xchg({}, r{})", src, width, place(insn, dst), src);
    case atomic_op::load_acq:
      return fmt::format("r{} = load_acquire({})", dst, place(insn, src));
    case atomic_op::store_rel:
      return fmt::format("store_release({}, r{})", place(insn, dst), src);
    default:
      return "BUG";
  }
}

std::string load_text(const Insn& insn, std::uint64_t wide) {
  const unsigned dst = insn.dst, src = insn.src;
  if (insn.insn_class() == insn_class::ldx) {
    return fmt::format("r{} = *({} *)(r{} {:+})", dst, size_name(insn, insn.mode() == mem_mode::memsx), src,
                       static_cast<int>(insn.off));
  }
  if (insn.mode() == mem_mode::abs) return fmt::format("r0 = *({} *)skb[{}]", size_name(insn), insn.imm);
  if (insn.mode() == mem_mode::ind) return fmt::format("r0 = *({} *)skb[r{} + {}]", size_name(insn), src, insn.imm);
  return fmt::format("r{} = {:#x}", dst, wide);
}

std::string jump_text(const Insn& insn, std::string_view callee) {
  const bool wide = insn.insn_class() == insn_class::jmp;
  const char r = wide ? 'r' : 'w';
  const int off = insn.off;
  switch (insn.op()) {
    case jmp_op::call:
      return fmt::format("call {}", callee);
    case jmp_op::exit:
      return "exit";
    case jmp_op::jcond:
      return fmt::format("may_goto pc{:+}", off);
    case jmp_op::ja:
      if (insn.from_register()) return fmt::format("gotox r{}", static_cast<unsigned>(insn.dst));
      return wide ? fmt::format("goto pc{:+}", off) : fmt::format("gotol pc{:+}", insn.imm);
    default:
      break;
  }
  const std::string right = insn.from_register() ? fmt::format("{}{}", r, static_cast<unsigned>(insn.src))
                                                 : fmt::format("{:#x}", static_cast<std::uint32_t>(insn.imm));
  return fmt::format("if {}{} {} {} goto pc{:+}", r, static_cast<unsigned>(insn.dst), jump_sign(insn.op()), right, off);
}

std::string text(const Insn& insn, std::uint64_t wide, std::string_view callee) {
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      return alu_text(insn);
    case insn_class::ld:
    case insn_class::ldx:
      return load_text(insn, wide);
    case insn_class::st:
      return fmt::format("*{} = {}", place(insn, insn.dst), insn.imm);
    case insn_class::stx:
      if (insn.mode() == mem_mode::atomic) return atomic_text(insn);
      return fmt::format("*{} = r{}", place(insn, insn.dst), static_cast<unsigned>(insn.src));
    default:
      return jump_text(insn, callee);
  }
}

}  // namespace

std::string disassemble(const Insn& insn, std::uint64_t wide, std::string_view callee) {
  return fmt::format("({:02x}) {}", insn.code, text(insn, wide, callee));
}

}  // namespace skep::verifier
