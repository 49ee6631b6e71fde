// See engine/llvm/hidden_offsets.hpp.
#include "engine/llvm/hidden_offsets.hpp"

#include <algorithm>
#include <vector>

namespace skep::engine::native {
namespace {

class Hider {
  using Values = std::vector<LLVMValueRef>;

 public:
  Hider(const Library& library, LLVMContextRef context, bool all)
      : l_(library), all_(all), builder_(l_.CreateBuilderInContext(context)) {}
  ~Hider() { l_.DisposeBuilder(builder_); }
  Hider(const Hider&) = delete;
  Hider& operator=(const Hider&) = delete;

  void hide_in(LLVMBasicBlockRef block) {
    Values numbers;
    for (LLVMValueRef insn = l_.GetFirstInstruction(block); insn != nullptr; insn = l_.GetNextInstruction(insn))
      if (may_be_folded(insn)) numbers.push_back(insn);
    for (LLVMValueRef number : numbers) hide(number);
  }

 private:
  bool may_be_folded(LLVMValueRef insn) const {
    switch (l_.GetInstructionOpcode(insn)) {
      case LLVMAnd:
      case LLVMShl:
      case LLVMLShr:
      case LLVMAShr:
      case LLVMZExt: {
        LLVMUseRef first = l_.GetFirstUse(insn);
        return first != nullptr && (all_ || l_.GetNextUse(first) != nullptr);
      }
      default:
        return false;
    }
  }

  template <typename Do>
  void for_users(LLVMValueRef value, Do&& what) const {
    for (LLVMUseRef use = l_.GetFirstUse(value); use != nullptr; use = l_.GetNextUse(use)) what(l_.GetUser(use));
  }
  LLVMValueRef operand(LLVMValueRef user, unsigned n) const { return l_.GetOperand(user, n); }

  // Whether `value` is made of the number, in a few steps.
  bool is_made_of(LLVMValueRef value, LLVMValueRef number, unsigned steps = 4) const {
    if (value == number) return true;
    const LLVMOpcode opcode = l_.GetInstructionOpcode(value);
    if (opcode == LLVMOpcode{}) return false;  // no instruction
    switch (opcode) {
      case LLVMPHI:
      case LLVMCall:
      case LLVMLoad:
        return false;
      default:
        if (steps == 0) return true;
        for (int i = 0; i < l_.GetNumOperands(value); ++i)
          if (is_made_of(operand(value, static_cast<unsigned>(i)), number, steps - 1)) return true;
        return false;
    }
  }

  // Whether something is made of what was loaded and of the number, which one instruction of the machine can be.
  bool meets(LLVMValueRef loaded, LLVMValueRef number, unsigned steps = 3) const {
    bool met = false;
    for_users(loaded, [&](LLVMValueRef user) {
      switch (l_.GetInstructionOpcode(user)) {
        case LLVMPHI:
        case LLVMCall:
        case LLVMLoad:
        case LLVMStore:
        case LLVMGetElementPtr:
          return;
        default:
          for (int i = 0; i < l_.GetNumOperands(user); ++i) {
            LLVMValueRef other = operand(user, static_cast<unsigned>(i));
            met = met || (other != loaded && is_made_of(other, number));
          }
          met = met || (steps != 0 && meets(user, number, steps - 1));
      }
    });
    return met;
  }

  // Whether an instruction at the address that is, or is made of, `address` needs the number once more. `seen`: those
  // at addresses of which the number is a part.
  bool is_needed_beside(LLVMValueRef address, LLVMValueRef number, Values& seen, unsigned steps = 5) const {
    bool needed = false;
    for_users(address, [&](LLVMValueRef user) {
      if (needed) return;
      const auto accesses = [&] {
        if (address == number) return false;
        const bool twice = std::find(seen.begin(), seen.end(), user) != seen.end();
        seen.push_back(user);
        return twice;
      };
      switch (l_.GetInstructionOpcode(user)) {
        case LLVMLoad:
          needed = accesses() || meets(user, number);
          return;
        case LLVMStore:
          needed = operand(user, 1) == address && (accesses() || is_made_of(operand(user, 0), number));
          return;
        case LLVMAtomicRMW:
        case LLVMAtomicCmpXchg:
          needed = operand(user, 0) == address;
          return;
        case LLVMGetElementPtr:
        case LLVMIntToPtr:
        case LLVMPtrToInt:
        case LLVMAdd:
        case LLVMOr:
        case LLVMSub:
        case LLVMShl:
        case LLVMZExt:
          needed = steps == 0 || is_needed_beside(user, number, seen, steps - 1);
          return;
        default:
          return;
      }
    });
    return needed;
  }

  // Whether what `user` makes is an address, or becomes a part of one.
  bool is_for_address(LLVMValueRef user, unsigned steps = 4) const {
    switch (l_.GetInstructionOpcode(user)) {
      case LLVMGetElementPtr:
      case LLVMIntToPtr:
        return true;
      case LLVMAdd:
      case LLVMOr:
      case LLVMSub:
      case LLVMShl:
      case LLVMZExt: {
        bool is = steps == 0;
        for_users(user, [&](LLVMValueRef next) { is = is || is_for_address(next, steps - 1); });
        return is;
      }
      default:
        return false;
    }
  }

  void hide(LLVMValueRef number) {
    Values users, seen;
    if (!all_ && !is_needed_beside(number, number, seen)) return;
    for_users(number, [&](LLVMValueRef user) {
      if (is_for_address(user)) users.push_back(user);
    });
    static constexpr char same_register[] = "=r,0";
    LLVMTypeRef type = l_.TypeOf(number);
    LLVMTypeRef copies = l_.FunctionType(type, &type, 1, 0);
    for (LLVMValueRef user : users) {
      l_.PositionBuilderBefore(builder_, user);
      LLVMValueRef copy = l_.BuildCall2(
          builder_, copies,
          l_.GetInlineAsm(copies, "", 0, same_register, sizeof same_register - 1, 0, 0, LLVMInlineAsmDialectATT, 0),
          &number, 1, "");
      for (int i = 0; i < l_.GetNumOperands(user); ++i)
        if (l_.GetOperand(user, static_cast<unsigned>(i)) == number)
          l_.SetOperand(user, static_cast<unsigned>(i), copy);
    }
  }

  const Library& l_;
  const bool all_;
  LLVMBuilderRef builder_;
};

}  // namespace

void hide_offsets(const Library& library, LLVMContextRef context, LLVMModuleRef module, bool all) {
  Hider hider(library, context, all);
  for (LLVMValueRef function = library.GetFirstFunction(module); function != nullptr;
       function = library.GetNextFunction(function))
    for (LLVMBasicBlockRef block = library.GetFirstBasicBlock(function); block != nullptr;
         block = library.GetNextBasicBlock(block))
      hider.hide_in(block);
}

}  // namespace skep::engine::native
