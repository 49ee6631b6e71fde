// Instructions of LLVM in few words: what emitter.cpp is written in.
#pragma once

#include <array>
#include <initializer_list>
#include <vector>

#include "engine/llvm/library.hpp"

namespace skep::engine::native {

using Value = LLVMValueRef;
using Block = LLVMBasicBlockRef;
using Type = LLVMTypeRef;

class Builder {
 public:
  Builder(const Library& l, LLVMContextRef context)
      : l_(l),
        context_(context),
        builder_(l.CreateBuilderInContext(context)),
        i1(l.IntTypeInContext(context, 1)),
        i8(l.IntTypeInContext(context, 8)),
        i32(l.IntTypeInContext(context, 32)),
        i64(l.IntTypeInContext(context, 64)),
        ptr(l.PointerTypeInContext(context, 0)),
        nothing(l.VoidTypeInContext(context)) {}
  ~Builder() { l_.DisposeBuilder(builder_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Type integer(unsigned bytes) const { return l_.IntTypeInContext(context_, bytes * 8); }
  Type structure(std::initializer_list<Type> of) const {
    std::vector<Type> types(of);
    return l_.StructTypeInContext(context_, types.data(), static_cast<unsigned>(types.size()), 0);
  }
  Type function(Type result, std::vector<Type> parameters) const {
    return l_.FunctionType(result, parameters.data(), static_cast<unsigned>(parameters.size()), 0);
  }

  Value number(std::uint64_t n) const { return l_.ConstInt(i64, n, 0); }
  Value number32(std::uint64_t n) const { return l_.ConstInt(i32, n, 0); }
  Value undefined(Type type) const { return l_.GetUndef(type); }
  Value address(const void* p) const { return l_.ConstIntToPtr(number(reinterpret_cast<std::uint64_t>(p)), ptr); }
  Value address(std::uint64_t p) const { return l_.ConstIntToPtr(number(p), ptr); }

  Block new_block(Value function) const { return l_.AppendBasicBlockInContext(context_, function, ""); }
  void go_on_in(Block block) const { l_.PositionBuilderAtEnd(builder_, block); }
  Block here() const { return l_.GetInsertBlock(builder_); }

  Value load(Type type, Value from) const { return l_.BuildLoad2(builder_, type, from, ""); }
  void store(Value value, Value to) const { l_.BuildStore(builder_, value, to); }
  // Of memory of programs, at any alignment.
  Value load_unaligned(Type type, Value from) const {
    Value loaded = load(type, from);
    l_.SetAlignment(loaded, 1);
    return loaded;
  }
  void store_unaligned(Value value, Value to) const { l_.SetAlignment(l_.BuildStore(builder_, value, to), 1); }
  Value moved(Value base, Value offset) const { return l_.BuildGEP2(builder_, i8, base, &offset, 1, ""); }
  // The same inside of one object, so that it is not null where `base` is not.
  Value moved_inside(Value base, Value offset) const {
    return l_.BuildInBoundsGEP2(builder_, i8, base, &offset, 1, "");
  }
  Value at(Value base, std::int64_t offset) const {
    return offset == 0 ? base : moved(base, number(static_cast<std::uint64_t>(offset)));
  }
  Value to_pointer(Value v) const { return l_.BuildIntToPtr(builder_, v, ptr, ""); }
  Value to_number(Value v) const { return l_.BuildPtrToInt(builder_, v, i64, ""); }
  Value zero_extend(Value v, Type to) const { return l_.BuildZExt(builder_, v, to, ""); }
  Value sign_extend(Value v, Type to) const { return l_.BuildSExt(builder_, v, to, ""); }
  Value truncate(Value v, Type to) const { return l_.BuildTrunc(builder_, v, to, ""); }
  Value compare(LLVMIntPredicate how, Value a, Value b) const { return l_.BuildICmp(builder_, how, a, b, ""); }
  Value select(Value condition, Value yes, Value no) const { return l_.BuildSelect(builder_, condition, yes, no, ""); }
  void jump(Block to) const { l_.BuildBr(builder_, to); }
  void branch(Value condition, Block yes, Block no) const { l_.BuildCondBr(builder_, condition, yes, no); }
  void give(Value v) const { l_.BuildRet(builder_, v); }
  Value call(Type type, Value callee, std::vector<Value> arguments) const {
    return l_.BuildCall2(builder_, type, callee, arguments.data(), static_cast<unsigned>(arguments.size()), "");
  }
  Value part(Value aggregate, unsigned i) const { return l_.BuildExtractValue(builder_, aggregate, i, ""); }
  Value with_part(Value aggregate, Value v, unsigned i) const {
    return l_.BuildInsertValue(builder_, aggregate, v, i, "");
  }
  Value room(Type type) const { return l_.BuildAlloca(builder_, type, ""); }

  // Says that a branch is hardly ever taken the first way.
  void hardly_ever(Value branch_instruction) const {
    const std::array<LLVMMetadataRef, 3> weights = {l_.MDStringInContext2(context_, "branch_weights", 14),
                                                    l_.ValueAsMetadata(number32(1)),
                                                    l_.ValueAsMetadata(number32(100000))};
    LLVMMetadataRef node = l_.MDNodeInContext2(context_, const_cast<LLVMMetadataRef*>(weights.data()), weights.size());
    l_.SetMetadata(branch_instruction, l_.GetMDKindIDInContext(context_, "prof", 4),
                   l_.MetadataAsValue(context_, node));
  }
  void branch_hardly_ever(Value condition, Block unlikely, Block likely) const {
    hardly_ever(l_.BuildCondBr(builder_, condition, unlikely, likely));
  }

  const Library& library() const { return l_; }
  LLVMBuilderRef raw() const { return builder_; }
  LLVMContextRef context() const { return context_; }

 private:
  const Library& l_;
  LLVMContextRef context_;
  LLVMBuilderRef builder_;

 public:
  const Type i1, i8, i32, i64, ptr, nothing;
};

}  // namespace skep::engine::native
