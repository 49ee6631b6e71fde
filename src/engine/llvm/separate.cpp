// What LLVM's code generator must not see twice in one instruction.
//
// The selector of instructions for x86 (seen in 19.1) folds shifts into addresses and forgets that the instruction may
// use the number itself, too: of `p[n] = n`, where n is a bit that was shifted into place, it dies, and the process
// with it. So after the last pass, and before code is selected, what is stored or computed with goes through a copy
// that the selector does not see through, wherever the address depends on it. Tested by
// tests/engine/separate_test.cpp.
#include "engine/llvm/separate.hpp"

#include <string_view>

namespace skep::engine::native {
namespace {

using Value = LLVMValueRef;

class Separator {
 public:
  Separator(const Library& library, LLVMContextRef context)
      : l_(library), builder_(l_.CreateBuilderInContext(context)) {}
  ~Separator() { l_.DisposeBuilder(builder_); }
  Separator(const Separator&) = delete;
  Separator& operator=(const Separator&) = delete;

  void look_at(Value instruction) {
    switch (const LLVMOpcode opcode = l_.GetInstructionOpcode(instruction)) {
      case LLVMStore:
        return separate(instruction, l_.GetOperand(instruction, 1));
      case LLVMAtomicRMW:
      case LLVMAtomicCmpXchg:
        return separate(instruction, l_.GetOperand(instruction, 0));
      default:
        // A load can become part of the instruction that computes with it.
        if ((opcode < LLVMAdd || opcode > LLVMXor) && opcode != LLVMICmp && opcode != LLVMSelect) return;
        for (int i = 0; i < l_.GetNumOperands(instruction); ++i)
          if (const Value operand = l_.GetOperand(instruction, static_cast<unsigned>(i)); is(operand, LLVMLoad))
            separate(instruction, l_.GetOperand(operand, 0));
    }
  }

 private:
  static constexpr unsigned deepest = 8;  // an address has no more parts than that

  bool is(Value value, LLVMOpcode opcode) const {
    return l_.IsAInstruction(value) != nullptr && l_.GetInstructionOpcode(value) == opcode;
  }
  bool is_part_of(Value value, Value address, unsigned depth = 0) const {
    if (value == address) return true;
    if (depth == deepest || l_.IsAInstruction(address) == nullptr) return false;
    switch (l_.GetInstructionOpcode(address)) {
      case LLVMGetElementPtr:
      case LLVMAdd:
      case LLVMSub:
      case LLVMOr:
      case LLVMShl:
      case LLVMMul:
      case LLVMIntToPtr:
      case LLVMPtrToInt:
      case LLVMZExt:
      case LLVMSExt:
      case LLVMTrunc:
        for (int i = 0; i < l_.GetNumOperands(address); ++i)
          if (is_part_of(value, l_.GetOperand(address, static_cast<unsigned>(i)), depth + 1)) return true;
        return false;
      default:
        return false;
    }
  }
  // The number behind conversions, which the selector leaves out.
  Value converted(Value value) const {
    while (is(value, LLVMZExt) || is(value, LLVMSExt) || is(value, LLVMTrunc) || is(value, LLVMIntToPtr) ||
           is(value, LLVMPtrToInt))
      value = l_.GetOperand(value, 0);
    return value;
  }

  void separate(Value instruction, Value address) const {
    for (int i = 0; i < l_.GetNumOperands(instruction); ++i) {
      const Value operand = l_.GetOperand(instruction, static_cast<unsigned>(i));
      if (operand == address || l_.IsAInstruction(operand) == nullptr || !fits_a_register(operand)) continue;
      if (is_part_of(converted(operand), address))
        l_.SetOperand(instruction, static_cast<unsigned>(i), copy(operand, instruction));
    }
  }
  bool fits_a_register(Value value) const {
    LLVMTypeRef const type = l_.TypeOf(value);
    if (l_.GetTypeKind(type) != LLVMIntegerTypeKind) return l_.GetTypeKind(type) == LLVMPointerTypeKind;
    const unsigned bits = l_.GetIntTypeWidth(type);
    return bits == 8 || bits == 16 || bits == 32 || bits == 64;
  }
  Value copy(Value value, Value before) const {
    LLVMTypeRef type = l_.TypeOf(value);
    LLVMTypeRef const function = l_.FunctionType(type, &type, 1, 0);
    static constexpr std::string_view same_register = "=r,0";
    const Value nothing =
        l_.GetInlineAsm(function, "", 0, same_register.data(), same_register.size(), 0, 0, LLVMInlineAsmDialectATT, 0);
    l_.PositionBuilderBefore(builder_, before);
    return l_.BuildCall2(builder_, function, nothing, &value, 1, "");
  }

  const Library& l_;
  LLVMBuilderRef builder_;
};

}  // namespace

void separate_addresses(const Library& library, LLVMContextRef context, LLVMModuleRef module) {
  Separator separator(library, context);
  for (Value function = library.GetFirstFunction(module); function != nullptr;
       function = library.GetNextFunction(function))
    for (LLVMBasicBlockRef block = library.GetFirstBasicBlock(function); block != nullptr;
         block = library.GetNextBasicBlock(block))
      for (Value instruction = library.GetFirstInstruction(block); instruction != nullptr;
           instruction = library.GetNextInstruction(instruction))
        separator.look_at(instruction);
}

}  // namespace skep::engine::native
