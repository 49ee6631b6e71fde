// See debugger/dwarf.hpp. Locations are evaluated here and not by libdw, which only finds them: clang's for BPF are
// registers, places relative to the frame, constants, and sums of these.
#include "debugger/dwarf.hpp"

#ifdef SKEP_DWARF

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>

#include <map>

namespace skep::debugger {
namespace {

// The attribute, also of what the entry is an instance of.
bool find_attribute(Dwarf_Die& die, unsigned name, Dwarf_Attribute& found) {
  return dwarf_attr_integrate(&die, name, &found) != nullptr;
}
std::string name_of(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  const char* const text = find_attribute(die, DW_AT_name, attribute) ? dwarf_formstring(&attribute) : nullptr;
  return text != nullptr ? text : "";
}
std::optional<std::uint64_t> number_of(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  if (!find_attribute(die, name, attribute) || dwarf_formudata(&attribute, &number) != 0) return std::nullopt;
  return number;
}
std::int64_t signed_number_of(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Sword number = 0;
  if (find_attribute(die, name, attribute)) dwarf_formsdata(&attribute, &number);
  return number;
}

using Registers = std::span<const std::uint64_t, reg_count>;

// What an expression comes to.
struct Located {
  std::uint64_t value = 0;
  bool is_value = false;  // else an address
};
std::optional<Located> evaluate(const Dwarf_Op* ops, std::size_t count, Registers registers, std::uint32_t stack_size,
                                std::string& why) {
  std::vector<std::uint64_t> stack;
  bool is_value = false;
  // Below r10. Clang counts from the other end of the frame, up.
  const auto in_frame = [&](std::uint64_t offset) {
    const bool from_below = static_cast<std::int64_t>(offset) >= 0;
    return registers[frame_pointer] + offset - (from_below ? stack_size : 0);
  };
  const auto unknown = [&](std::string_view what) {
    why = what;
    return std::nullopt;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Dwarf_Op& op = ops[i];
    const std::uint8_t atom = op.atom;
    if (atom >= DW_OP_reg0 && atom < DW_OP_reg0 + reg_count) {
      stack.push_back(registers[atom - DW_OP_reg0]);
      is_value = true;
    } else if (atom >= DW_OP_breg0 && atom < DW_OP_breg0 + reg_count) {
      stack.push_back(atom - DW_OP_breg0 == frame_pointer ? in_frame(op.number)
                                                          : registers[atom - DW_OP_breg0] + op.number);
    } else if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
      stack.push_back(atom - DW_OP_lit0);
    } else {
      const auto pop = [&] {
        const std::uint64_t top = stack.back();
        stack.pop_back();
        return top;
      };
      const bool binary = atom == DW_OP_plus || atom == DW_OP_minus || atom == DW_OP_and || atom == DW_OP_or ||
                          atom == DW_OP_xor || atom == DW_OP_shl || atom == DW_OP_shr || atom == DW_OP_shra ||
                          atom == DW_OP_mul;
      const bool unary = atom == DW_OP_plus_uconst || atom == DW_OP_neg || atom == DW_OP_not || atom == DW_OP_dup;
      if (stack.size() < (binary ? 2U : unary ? 1U : 0U)) return unknown("its location makes no sense");
      switch (atom) {
        case DW_OP_fbreg:
          stack.push_back(in_frame(op.number));
          break;
        case DW_OP_const1u:
        case DW_OP_const2u:
        case DW_OP_const4u:
        case DW_OP_const8u:
        case DW_OP_constu:
        case DW_OP_const1s:
        case DW_OP_const2s:
        case DW_OP_const4s:
        case DW_OP_const8s:
        case DW_OP_consts:
          stack.push_back(op.number);
          break;
        case DW_OP_stack_value:
          is_value = true;
          break;
        case DW_OP_plus_uconst:
          stack.back() += op.number;
          break;
        case DW_OP_neg:
          stack.back() = 0 - stack.back();
          break;
        case DW_OP_not:
          stack.back() = ~stack.back();
          break;
        case DW_OP_dup:
          stack.push_back(stack.back());
          break;
        case DW_OP_plus: {
          const std::uint64_t b = pop();
          stack.back() += b;
          break;
        }
        case DW_OP_minus: {
          const std::uint64_t b = pop();
          stack.back() -= b;
          break;
        }
        case DW_OP_mul: {
          const std::uint64_t b = pop();
          stack.back() *= b;
          break;
        }
        case DW_OP_and: {
          const std::uint64_t b = pop();
          stack.back() &= b;
          break;
        }
        case DW_OP_or: {
          const std::uint64_t b = pop();
          stack.back() |= b;
          break;
        }
        case DW_OP_xor: {
          const std::uint64_t b = pop();
          stack.back() ^= b;
          break;
        }
        case DW_OP_shl: {
          const std::uint64_t b = pop();
          stack.back() = b < 64 ? stack.back() << b : 0;
          break;
        }
        case DW_OP_shr: {
          const std::uint64_t b = pop();
          stack.back() = b < 64 ? stack.back() >> b : 0;
          break;
        }
        case DW_OP_shra: {
          const std::uint64_t b = pop();
          stack.back() = static_cast<std::uint64_t>(static_cast<std::int64_t>(stack.back()) >> (b < 64 ? b : 63));
          break;
        }
        case DW_OP_convert:  // to another width: what is shown is cut to the variable's own
          break;
        case DW_OP_bit_piece:
          return unknown("in pieces of bits");
        case DW_OP_entry_value:
        case DW_OP_GNU_entry_value:
          return unknown("as the function was entered with");
        default:
          return unknown(fmt::format("its location needs operation {:#x}", atom));
      }
    }
  }
  if (stack.empty()) return unknown("optimized out");
  return Located{stack.back(), is_value};
}

class FromFile final : public Dwarf {
 public:
  explicit FromFile(const std::string& path) {
    callbacks_.find_elf = dwfl_build_id_find_elf;
    callbacks_.find_debuginfo = find_nothing;
    callbacks_.section_address = dwfl_offline_section_address;
    dwfl_ = dwfl_begin(&callbacks_);
    if (dwfl_ == nullptr) return;
    module_ = dwfl_report_offline(dwfl_, path.c_str(), path.c_str(), -1);
    dwfl_report_end(dwfl_, nullptr, nullptr);
    if (module_ != nullptr) dwarf_ = dwfl_module_getdwarf(module_, &bias_);
    if (dwarf_ != nullptr) index();
  }
  ~FromFile() override {
    if (dwfl_ != nullptr) dwfl_end(dwfl_);
  }
  bool good() const { return !functions_.empty(); }

  std::vector<DwarfVariable> variables(const std::string& function, std::uint32_t offset, Registers registers,
                                       std::uint32_t stack_size) override {
    std::vector<DwarfVariable> found;
    for_each_scope(function, offset, [&](Dwarf_Die& scope, const std::string& whose, std::uint64_t address) {
      Dwarf_Die child;
      if (dwarf_child(&scope, &child) != 0) return;
      do {
        const int tag = dwarf_tag(&child);
        if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter) continue;
        DwarfVariable one;
        one.name = name_of(child);
        if (one.name.empty()) continue;
        one.function = whose;
        one.type = type_of(child);
        one.parameter = tag == DW_TAG_formal_parameter;
        locate(child, address, registers, stack_size, one);
        found.push_back(std::move(one));
      } while (dwarf_siblingof(&child, &child) == 0);
    });
    return found;
  }

  std::vector<std::string> inlined_at(const std::string& function, std::uint32_t offset) override {
    std::vector<std::string> names;
    for_each_scope(function, offset, [&](Dwarf_Die& scope, const std::string&, std::uint64_t) {
      if (dwarf_tag(&scope) == DW_TAG_inlined_subroutine) names.push_back(name_of(scope));
    });
    return names;
  }

  std::string body_of(const std::string& function) override {
    const auto known = inlined_.find(function);
    return known != inlined_.end() ? known->second : std::string();
  }

  DwarfType global(const std::string& name) override {
    const auto known = globals_.find(name);
    return known != globals_.end() ? known->second : 0;
  }

  std::string name(DwarfType type) override {
    Dwarf_Die die;
    if (!get(type, die)) return "void";
    const std::string its = name_of(die);
    switch (dwarf_tag(&die)) {
      case DW_TAG_pointer_type:
        return name(type_of(die)) + " *";
      case DW_TAG_array_type:
        return fmt::format("{}[{}]", name(type_of(die)), count(type));
      case DW_TAG_structure_type:
        return its.empty() ? "struct" : "struct " + its;
      case DW_TAG_union_type:
        return its.empty() ? "union" : "union " + its;
      case DW_TAG_enumeration_type:
        return its.empty() ? "enum" : "enum " + its;
      case DW_TAG_const_type:
        return "const " + name(type_of(die));
      case DW_TAG_volatile_type:
        return "volatile " + name(type_of(die));
      case DW_TAG_restrict_type:
        return name(type_of(die));
      case DW_TAG_subroutine_type:
        return "function";
      default:
        return its;
    }
  }
  Kind kind(DwarfType type) override {
    Dwarf_Die die;
    if (!get_plain(type, die)) return Kind::none;
    switch (dwarf_tag(&die)) {
      case DW_TAG_base_type:
        switch (number_of(die, DW_AT_encoding).value_or(0)) {
          case DW_ATE_boolean:
            return Kind::boolean;
          case DW_ATE_signed_char:
          case DW_ATE_unsigned_char:
            return name_of(die) == "char" ? Kind::character : Kind::integer;
          case DW_ATE_float:
            return Kind::other;
          default:
            return Kind::integer;
        }
      case DW_TAG_enumeration_type:
        return Kind::enumeration;
      case DW_TAG_pointer_type:
        return Kind::pointer;
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        return Kind::record;
      case DW_TAG_array_type:
        return Kind::array;
      default:
        return Kind::other;
    }
  }
  std::uint64_t size(DwarfType type) override {
    Dwarf_Die die;
    if (!get_plain(type, die)) return 0;
    if (dwarf_tag(&die) == DW_TAG_array_type) return count(type) * size(type_of(die));
    if (dwarf_tag(&die) == DW_TAG_pointer_type) return 8;
    return number_of(die, DW_AT_byte_size).value_or(0);
  }
  bool is_signed(DwarfType type) override {
    Dwarf_Die die;
    if (!get_plain(type, die)) return false;
    if (dwarf_tag(&die) == DW_TAG_enumeration_type) return is_signed(type_of(die));
    const std::uint64_t encoding = number_of(die, DW_AT_encoding).value_or(0);
    return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
  }
  DwarfType target(DwarfType type) override {
    Dwarf_Die die;
    return get_plain(type, die) ? type_of(die) : 0;
  }
  std::uint64_t count(DwarfType type) override {
    Dwarf_Die die, range;
    if (!get_plain(type, die) || dwarf_child(&die, &range) != 0) return 0;
    std::uint64_t all = 1;
    do {
      if (dwarf_tag(&range) != DW_TAG_subrange_type) continue;
      if (const auto count = number_of(range, DW_AT_count))
        all *= *count;
      else
        all *= number_of(range, DW_AT_upper_bound).value_or(~std::uint64_t{0}) + 1;
    } while (dwarf_siblingof(&range, &range) == 0);
    return all;
  }
  std::vector<DwarfMember> members(DwarfType type) override {
    std::vector<DwarfMember> all;
    Dwarf_Die die, child;
    if (!get_plain(type, die) || dwarf_child(&die, &child) != 0) return all;
    do {
      if (dwarf_tag(&child) != DW_TAG_member) continue;
      DwarfMember one;
      one.name = name_of(child);
      one.type = type_of(child);
      one.offset = number_of(child, DW_AT_data_member_location).value_or(0);
      one.bit_size = static_cast<std::uint32_t>(number_of(child, DW_AT_bit_size).value_or(0));
      if (const auto bits = number_of(child, DW_AT_data_bit_offset); bits && one.bit_size != 0) {
        one.offset = *bits / 8;
        one.bit_offset = static_cast<std::uint32_t>(*bits % 8);
      }
      all.push_back(std::move(one));
    } while (dwarf_siblingof(&child, &child) == 0);
    return all;
  }
  std::string enumerator(DwarfType type, std::int64_t value) override {
    Dwarf_Die die, child;
    if (!get_plain(type, die) || dwarf_child(&die, &child) != 0) return {};
    do {
      if (dwarf_tag(&child) == DW_TAG_enumerator && signed_number_of(child, DW_AT_const_value) == value)
        return name_of(child);
    } while (dwarf_siblingof(&child, &child) == 0);
    return {};
  }

 private:
  static int find_nothing(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word, char**) {
    return -1;
  }

  void index() {
    Dwarf_Die* unit = nullptr;
    while ((unit = dwfl_module_nextcu(module_, unit, &bias_)) != nullptr) {
      Dwarf_Die child;
      if (dwarf_child(unit, &child) != 0) continue;
      do {
        if (dwarf_tag(&child) == DW_TAG_subprogram && dwarf_hasattr(&child, DW_AT_low_pc) != 0)
          functions_.try_emplace(name_of(child), Function{*unit, child});
        else if (dwarf_tag(&child) == DW_TAG_subprogram && number_of(child, DW_AT_inline).value_or(0) != 0)
          note_inlined(*unit, child);
        else if (dwarf_tag(&child) == DW_TAG_variable)
          globals_.try_emplace(name_of(child), type_of(child));
      } while (dwarf_siblingof(&child, &child) == 0);
    }
  }

  // What comes behind the line of its name is its body. Of headers libdw does not find the names here.
  void note_inlined(Dwarf_Die& unit, Dwarf_Die& die) {
    const std::uint64_t line = number_of(die, DW_AT_decl_line).value_or(0);
    const std::string file = name_of(unit);
    if (line != 0 && number_of(die, DW_AT_decl_file).value_or(0) <= 1)
      inlined_.try_emplace(name_of(die), fmt::format("{}:{}", file.substr(file.rfind('/') + 1), line + 1));
  }

  struct Function {
    Dwarf_Die unit{}, die{};
  };

  // Calls visit(scope, the function that it belongs to, address) for each scope around the instruction, the innermost
  // first.
  template <typename Visit>
  void for_each_scope(const std::string& function, std::uint32_t offset, Visit&& visit) {
    const auto known = functions_.find(function);
    Dwarf_Addr low = 0;
    if (known == functions_.end() || dwarf_lowpc(&known->second.die, &low) != 0) return;
    const Dwarf_Addr address = low + std::uint64_t{offset} * sizeof(Insn);
    std::vector<std::pair<Dwarf_Die, std::string>> scopes = {{known->second.die, function}};
    // Downwards from the function: into the child that has the address in its ranges, while there is one.
    for (bool deeper = true; deeper;) {
      deeper = false;
      Dwarf_Die child;
      if (dwarf_child(&scopes.back().first, &child) != 0) break;
      do {
        const int tag = dwarf_tag(&child);
        if ((tag != DW_TAG_lexical_block && tag != DW_TAG_inlined_subroutine) || dwarf_haspc(&child, address) != 1)
          continue;
        scopes.emplace_back(child, tag == DW_TAG_inlined_subroutine ? name_of(child) : scopes.back().second);
        deeper = true;
        break;
      } while (dwarf_siblingof(&child, &child) == 0);
    }
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) visit(scope->first, scope->second, address);
  }

  static void locate(Dwarf_Die& die, Dwarf_Addr address, Registers registers, std::uint32_t stack_size,
                     DwarfVariable& one) {
    Dwarf_Attribute attribute;
    if (find_attribute(die, DW_AT_const_value, attribute)) {
      one.value = static_cast<std::uint64_t>(signed_number_of(die, DW_AT_const_value));
      return;
    }
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    if (!find_attribute(die, DW_AT_location, attribute)) {
      one.why = "optimized out";
      return;
    }
    if (dwarf_getlocation_addr(&attribute, address, &ops, &count, 1) != 1) {
      one.why = "not available here";
      return;
    }
    // What stands before each DW_OP_piece says where that piece is.
    std::size_t begin = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (ops[i].atom != DW_OP_piece) continue;
      DwarfVariable::Piece piece{.size = ops[i].number};
      std::string ignored;
      if (const auto part = evaluate(ops + begin, i - begin, registers, stack_size, ignored))
        (part->is_value ? piece.value : piece.address) = part->value;
      one.pieces.push_back(piece);
      begin = i + 1;
    }
    if (!one.pieces.empty()) return;
    const auto located = evaluate(ops, count, registers, stack_size, one.why);
    if (!located) return;
    (located->is_value ? one.value : one.address) = located->value;
  }

  static DwarfType type_of(Dwarf_Die& die) {
    Dwarf_Attribute attribute;
    Dwarf_Die type;
    if (!find_attribute(die, DW_AT_type, attribute) || dwarf_formref_die(&attribute, &type) == nullptr) return 0;
    return dwarf_dieoffset(&type);
  }
  bool get(DwarfType type, Dwarf_Die& die) const { return type != 0 && dwarf_offdie(dwarf_, type, &die) != nullptr; }
  // Without names and qualifiers.
  bool get_plain(DwarfType type, Dwarf_Die& die) const {
    for (int depth = 0; depth < 64 && get(type, die); ++depth) {
      const int tag = dwarf_tag(&die);
      if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type &&
          tag != DW_TAG_restrict_type)
        return true;
      type = type_of(die);
    }
    return false;
  }

  Dwfl_Callbacks callbacks_{};
  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  ::Dwarf* dwarf_ = nullptr;
  Dwarf_Addr bias_ = 0;
  std::map<std::string, Function> functions_;
  std::map<std::string, DwarfType> globals_;
  std::map<std::string, std::string> inlined_;
};

}  // namespace

std::unique_ptr<Dwarf> Dwarf::open(const std::string& path, std::string& why) {
  auto found = std::make_unique<FromFile>(path);
  if (found->good()) return found;
  why = "the object has no debugging information: compile it with -g";
  return nullptr;
}

}  // namespace skep::debugger

#else

namespace skep::debugger {

std::unique_ptr<Dwarf> Dwarf::open(const std::string&, std::string& why) {
  why = "local variables need libdw: this was built with SKEP_DWARF=OFF";
  return nullptr;
}

}  // namespace skep::debugger

#endif
