// LLVM, as far as it is used: the functions of its C interface, taken from the shared library when the first program is
// compiled.
//
// Loading the library takes some 10 ms, which only a process pays that compiles; and where it is not installed, all the
// rest works. Only sources of this directory include this header. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include <string>

#include "engine/llvm/library_use.hpp"

namespace skep::engine::native {

// clang-format off
#define SKEP_LLVM_FUNCTIONS(X)                                                                                        \
  X(ContextCreate) X(ContextDispose) X(ModuleCreateWithNameInContext) X(DisposeModule) X(SetTarget)                  \
  X(SetModuleDataLayout) X(CreateTargetDataLayout) X(DisposeTargetData) X(DisposeMessage) X(PrintModuleToString)      \
  X(CreateBuilderInContext) X(DisposeBuilder) X(PositionBuilderAtEnd) X(GetInsertBlock) X(VerifyModule)               \
  X(VoidTypeInContext) X(IntTypeInContext) X(PointerTypeInContext) X(StructTypeInContext) X(FunctionType)             \
  X(ArrayType2) X(AddFunction) X(SetLinkage) X(GetParam) X(AppendBasicBlockInContext) X(ConstInt) X(ConstIntToPtr)    \
  X(ConstNull) X(GetUndef) X(GetEnumAttributeKindForName) X(CreateEnumAttribute) X(AddAttributeAtIndex)               \
  X(BuildAlloca) X(BuildLoad2) X(BuildStore) X(BuildGEP2) X(BuildIntToPtr) X(BuildPtrToInt) X(BuildZExt) X(BuildSExt) \
  X(BuildInBoundsGEP2) X(CreateStringAttribute)                                                                       \
  X(BuildTrunc) X(BuildAdd) X(BuildSub) X(BuildMul) X(BuildUDiv) X(BuildSDiv) X(BuildURem) X(BuildSRem) X(BuildAnd)   \
  X(BuildOr) X(BuildXor) X(BuildShl) X(BuildLShr) X(BuildAShr) X(BuildNeg) X(BuildICmp) X(BuildSelect) X(BuildBr)     \
  X(BuildCondBr) X(BuildSwitch) X(AddCase) X(BuildRet) X(BuildCall2) X(BuildExtractValue) X(BuildInsertValue)         \
  X(BuildUnreachable) X(BuildMemSet) X(BuildAtomicRMW) X(BuildAtomicCmpXchg) X(SetAlignment) X(SetOrdering)           \
  X(SetTailCallKind) X(GetInlineAsm) X(LookupIntrinsicID) X(GetIntrinsicDeclaration) X(BuildPhi) X(AddIncoming)       \
  X(MDNodeInContext2) X(ValueAsMetadata) X(MetadataAsValue) X(GetMDKindIDInContext) X(SetMetadata)                    \
  X(MDStringInContext2) X(TypeOf) X(AddGlobal) X(DeleteGlobal) X(SetInitializer) X(SetGlobalConstant) X(SetVisibility) \
  X(GetFirstFunction) X(GetNextFunction) X(GetFirstBasicBlock) X(GetNextBasicBlock) X(GetFirstInstruction)             \
  X(GetNextInstruction) X(GetInstructionOpcode) X(GetFirstUse) X(GetNextUse) X(GetUser) X(GetOperand)                  \
  X(GetNumOperands) X(SetOperand) X(PositionBuilderBefore)                                                             \
  X(CreateDIBuilder) X(DIBuilderFinalize) X(DisposeDIBuilder) X(DebugMetadataVersion) X(AddModuleFlag)                 \
  X(DIBuilderCreateFile) X(DIBuilderCreateCompileUnit) X(DIBuilderCreateSubroutineType) X(DIBuilderCreateFunction)     \
  X(SetSubprogram) X(SetCurrentDebugLocation2) X(DIBuilderCreateDebugLocation) X(CreateDisasmCPUFeatures)              \
  X(DisasmInstruction) X(DisasmDispose) X(SetDisasmOptions)                                                            \
  X(ReplaceAllUsesWith) X(WriteBitcodeToMemoryBuffer) X(CreateMemoryBufferWithMemoryRangeCopy) X(DisposeMemoryBuffer)  \
  X(GetDefaultTargetTriple) X(GetTargetFromTriple) X(CreateTargetMachine) X(DisposeTargetMachine)                     \
  X(GetHostCPUName) X(GetHostCPUFeatures) X(TargetMachineEmitToMemoryBuffer)                                          \
  X(CreatePassBuilderOptions) X(DisposePassBuilderOptions) X(RunPasses) X(GetErrorMessage) X(DisposeErrorMessage)     \
  X(OrcCreateLLJIT) X(OrcDisposeLLJIT) X(OrcLLJITGetMainJITDylib) X(OrcLLJITGetGlobalPrefix)                          \
  X(OrcCreateDynamicLibrarySearchGeneratorForProcess) X(OrcJITDylibAddGenerator)                                      \
  X(OrcJITDylibCreateResourceTracker) X(OrcResourceTrackerRemove) X(OrcReleaseResourceTracker)                        \
  X(OrcLLJITAddObjectFileWithRT) X(OrcLLJITLookup) X(GetBufferStart) X(GetBufferSize)
// clang-format on

struct Library {
#define SKEP_DECLARE(NAME) decltype(&::LLVM##NAME) NAME = nullptr;
  SKEP_LLVM_FUNCTIONS(SKEP_DECLARE)
#undef SKEP_DECLARE

  // Makes the targets of another kind of machine ("AArch64") ready. False: the library was built without.
  static bool know_target(const std::string& name);

  // Loaded at the first call. Null: `why` says what is missing.
  static const Library* get(std::string& why);
};

}  // namespace skep::engine::native
