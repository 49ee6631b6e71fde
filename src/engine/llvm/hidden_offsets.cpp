// See engine/llvm/hidden_offsets.hpp.
#include "engine/llvm/hidden_offsets.hpp"

#include <vector>

namespace skep::engine::native {
namespace {

class Hider {
 public:
  Hider(const Library& library, LLVMContextRef context, bool all)
      : l_(library), all_(all), builder_(l_.CreateBuilderInContext(context)) {}
  ~Hider() { l_.DisposeBuilder(builder_); }
  Hider(const Hider&) = delete;
  Hider& operator=(const Hider&) = delete;

  void hide_in(LLVMBasicBlockRef block) {
    std::vector<LLVMValueRef> numbers;
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
      case LLVMZExt:
        if (steps == 0) return true;
        for (LLVMUseRef use = l_.GetFirstUse(user); use != nullptr; use = l_.GetNextUse(use))
          if (is_for_address(l_.GetUser(use), steps - 1)) return true;
        return false;
      default:
        return false;
    }
  }

  void hide(LLVMValueRef number) {
    std::vector<LLVMValueRef> users;
    for (LLVMUseRef use = l_.GetFirstUse(number); use != nullptr; use = l_.GetNextUse(use))
      if (is_for_address(l_.GetUser(use))) users.push_back(l_.GetUser(use));
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
