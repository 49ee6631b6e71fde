// Look-ups in maps without a call: see engine/llvm/function_emitter.hpp. Where the elements are a map says by
// maps/array.hpp and maps/hash.hpp; that the answers are the map's own, tests/engine/compiled_test.cpp holds.
#include "engine/llvm/function_emitter.hpp"
#include "maps/array.hpp"
#include "maps/hash.hpp"
#include "maps/quick.hpp"

namespace skep::engine::native {

// From the first CPU's value to that of the CPU that the run holds.
Value FunctionEmitter::of_this_cpu(Value value, std::uint64_t stride) const {
  if (stride == 0) return value;
  Value cpu = b_.zero_extend(b_.load(b_.i32, state_field(offsetof(State, cpu))), b_.i64);
  return b_.moved_inside(value, l_.BuildMul(b_.raw(), cpu, b_.number(stride), ""));
}

bool FunctionEmitter::emit_array_lookup(const maps::Map& map) {
  const auto place = maps::array_place(map);
  if (!place) return false;
  Value index = b_.zero_extend(b_.load_unaligned(b_.i32, pointer(2)), b_.i64);
  Value there = b_.compare(LLVMIntULT, index, b_.number(place->count));
  Value base = module_.own_pointer(place->data);
  base = of_this_cpu(base, place->cpu_stride);
  Value element = b_.moved_inside(base, l_.BuildMul(b_.raw(), index, b_.number(place->stride), ""));
  set(0, b_.to_number(b_.select(there, element, l_.ConstNull(b_.ptr))));
  return true;
}

Value FunctionEmitter::load_shared(Type type, Value from, unsigned bytes, LLVMAtomicOrdering ordering) const {
  Value loaded = b_.load(type, from);
  l_.SetOrdering(loaded, ordering);
  l_.SetAlignment(loaded, bytes);
  return loaded;
}

// The key as words of eight bytes, and the state that all of them were mixed into.
Value FunctionEmitter::emit_hash(const maps::HashPlace& place, Value key, std::vector<Value>& words) const {
  const LLVMBuilderRef raw = b_.raw();
  Type wide = b_.integer(16);
  Value state = module_.own_number(place.start);
  for (std::uint32_t at = 0; at < place.key_size; at += 8) {
    Value word = place.key_size - at >= 8 ? b_.load_unaligned(b_.i64, b_.at(key, at))
                                          : b_.zero_extend(b_.load_unaligned(b_.i32, b_.at(key, at)), b_.i64);
    words.push_back(word);
    Value a = b_.zero_extend(l_.BuildXor(raw, state, b_.number(maps::hash_salt_state), ""), wide);
    Value b = b_.zero_extend(l_.BuildXor(raw, word, b_.number(maps::hash_salt_word), ""), wide);
    Value product = l_.BuildMul(raw, a, b, "");
    Value upper = b_.truncate(l_.BuildLShr(raw, product, l_.ConstInt(wide, 64, 0), ""), b_.i64);
    state = l_.BuildXor(raw, b_.truncate(product, b_.i64), upper, "");
  }
  return state;
}

// Without asking the map what it is, and without a guard: no exception comes out.
bool FunctionEmitter::emit_map_update(maps::Map& map) {
  const maps::QuickUpdate update = maps::quick_update(map);
  if (update == nullptr) return false;
  Value cpu = b_.load(b_.i32, state_field(offsetof(State, cpu)));
  Value error =
      call_glue(b_.i32, reinterpret_cast<const void*>(update), {pointer(1), pointer(2), pointer(3), number(4), cpu});
  set(0, b_.sign_extend(error, b_.i64));
  return true;
}
bool FunctionEmitter::emit_map_erase(maps::Map& map) {
  const maps::QuickErase erase = maps::quick_erase(map);
  if (erase == nullptr) return false;
  Value error = call_glue(b_.i32, reinterpret_cast<const void*>(erase), {pointer(1), pointer(2)});
  set(0, b_.sign_extend(error, b_.i64));
  return true;
}

// Along the bucket's chain, as HashTable::find goes.
bool FunctionEmitter::emit_hash_lookup(const maps::Map& map) {
  constexpr std::uint32_t largest_key = 64;
  const auto place = maps::hash_place(map);
  if (!place || place->key_size % 4 != 0 || place->key_size > largest_key) return false;
  const LLVMBuilderRef raw = b_.raw();
  std::vector<Value> words;
  Value state = emit_hash(*place, pointer(2), words);
  Value hash = b_.truncate(l_.BuildXor(raw, state, l_.BuildLShr(raw, state, b_.number(32), ""), ""), b_.i32);
  Value index = b_.zero_extend(l_.BuildAnd(raw, hash, b_.number32(place->mask), ""), b_.i64);
  Value bucket = b_.moved(module_.own_pointer(place->buckets), l_.BuildShl(raw, index, b_.number(3), ""));

  Block begin = b_.new_block(function_), walk = b_.new_block(function_), look = b_.new_block(function_);
  Block compare = b_.new_block(function_), next = b_.new_block(function_), ended = b_.new_block(function_);
  Block found = b_.new_block(function_), missing = b_.new_block(function_), done = b_.new_block(function_);
  b_.jump(begin);
  b_.go_on_in(begin);
  Value first = l_.BuildAnd(raw, load_shared(b_.i64, bucket, 8, LLVMAtomicOrderingAcquire),
                            b_.number(~maps::HashPlace::lock_bit), "");
  b_.jump(walk);

  b_.go_on_in(walk);
  Value link = l_.BuildPhi(raw, b_.i64, "");
  Value odd = b_.compare(LLVMIntNE, l_.BuildAnd(raw, link, b_.number(1), ""), b_.number(0));
  b_.branch(l_.BuildOr(raw, odd, b_.compare(LLVMIntEQ, link, b_.number(0)), ""), ended, look);
  b_.go_on_in(look);
  Value node = b_.to_pointer(link);
  const auto in_node = [&](std::size_t offset) { return b_.at(node, static_cast<std::int64_t>(offset)); };
  Value its_hash = load_shared(b_.i32, in_node(place->hash_at), 4, LLVMAtomicOrderingMonotonic);
  b_.branch(b_.compare(LLVMIntEQ, its_hash, hash), compare, next);
  b_.go_on_in(compare);
  Value differences = b_.number(0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    Value word = load_shared(b_.i64, in_node(place->key_at + 8 * i), 8, LLVMAtomicOrderingMonotonic);
    differences = l_.BuildOr(raw, differences, l_.BuildXor(raw, word, words[i], ""), "");
  }
  b_.branch(b_.compare(LLVMIntEQ, differences, b_.number(0)), found, next);
  b_.go_on_in(next);
  Value following = load_shared(b_.i64, node, 8, LLVMAtomicOrderingAcquire);
  b_.jump(walk);
  std::array<Value, 2> links = {first, following};
  std::array<Block, 2> from = {begin, next};
  l_.AddIncoming(link, links.data(), from.data(), 2);

  b_.go_on_in(ended);
  Value its_end = l_.BuildOr(raw, l_.BuildShl(raw, index, b_.number(2), ""), b_.number(1), "");
  Value right = l_.BuildOr(raw, b_.compare(LLVMIntEQ, link, b_.number(0)), b_.compare(LLVMIntEQ, link, its_end), "");
  b_.branch(right, missing, begin);
  b_.go_on_in(found);
  if (place->marks) {
    Value mark = in_node(place->mark_at), one = l_.ConstInt(b_.i8, 1, 0);
    Block unmarked = b_.new_block(function_), marked = b_.new_block(function_);
    Value before = load_shared(b_.i8, mark, 1, LLVMAtomicOrderingMonotonic);
    b_.branch(b_.compare(LLVMIntEQ, before, l_.ConstInt(b_.i8, 0, 0)), unmarked, marked);
    b_.go_on_in(unmarked);
    Value stored = l_.BuildStore(raw, one, mark);
    l_.SetOrdering(stored, LLVMAtomicOrderingMonotonic);
    l_.SetAlignment(stored, 1);
    b_.jump(marked);
    b_.go_on_in(marked);
  }
  Value value = b_.to_number(of_this_cpu(in_node(place->value_at), place->cpu_stride));
  Block found_ends = b_.here();
  b_.jump(done);
  b_.go_on_in(missing);
  b_.jump(done);
  b_.go_on_in(done);
  Value answer = l_.BuildPhi(raw, b_.i64, "");
  std::array<Value, 2> answers = {value, b_.number(0)};
  std::array<Block, 2> answers_from = {found_ends, missing};
  l_.AddIncoming(answer, answers.data(), answers_from.data(), 2);
  set(0, answer);
  return true;
}

}  // namespace skep::engine::native
