// See kernel/given.hpp.
#include "kernel/given.hpp"

#include <algorithm>
#include <cstring>
#include <shared_mutex>
#include <string>

#include "kernel/services.hpp"

namespace skep {
namespace {

bool is_text(const btf::Btf& types, btf::TypeId pointer) {
  const auto target = types.pointee(pointer);
  return target && types.type(*target).kind == btf::Kind::int_ && types.size_of(*target) == 1U;
}

// A string with its end, as far as it is looked at: not more than a page.
std::uint64_t length_of_text(std::uint64_t at) {
  constexpr std::uint64_t most = 4096, piece = 64;
  char bytes[piece];
  for (std::uint64_t length = 0; length < most;) {
    const std::uint64_t step = piece - (at + length) % piece;
    if (copy_from_user(bytes, at + length, step) != 0) return length;
    const std::size_t here = strnlen(bytes, step);
    if (here < step) return length + here + 1;
    length += step;
  }
  return most;
}

}  // namespace

std::uint32_t given_bytes(const btf::Btf& types, btf::TypeId pointer) {
  const auto target = types.pointee(pointer);
  return target ? types.size_of(*target).value_or(0) : 0;
}

GivenArguments::Prototype GivenArguments::find_in(const btf::Btf& types) const {
  if (const btf::TypeId function = types.find_own(function_, btf::Kind::func); function != 0)
    return {&types, types.type(function).type, 0};
  const btf::TypeId tracepoint = types.find_own("btf_trace_" + std::string(function_), btf::Kind::typedef_);
  const auto target = tracepoint != 0 ? types.pointee(tracepoint) : std::nullopt;
  return target ? Prototype{&types, *target, 1} : Prototype{};
}

GivenArguments::Prototype GivenArguments::prototype() const {
  const std::shared_lock guard(kernel_.lock);
  std::vector<const btf::Btf*> all = {kernel_.vmlinux->btf.get()};
  for (const auto& module : kernel_.modules) all.push_back(module->btf.get());
  for (const btf::Btf* types : all) {
    if (program_.struct_ops_type.empty()) {
      if (const Prototype found = find_in(*types); found.types != nullptr) return found;
      continue;
    }
    const btf::TypeId table = types->find_own(program_.struct_ops_type, btf::Kind::struct_);
    if (table == 0) continue;
    for (const btf::Member& member : types->members(types->type(table)))
      if (member.name == program_.struct_ops_member)
        if (const auto target = types->pointee(member.type)) return {types, *target, 0};
  }
  return {};
}

bool GivenArguments::contains(std::uint64_t from, std::uint64_t size) const {
  const Prototype found = prototype();
  if (found.types == nullptr || found.types->type(found.type).kind != btf::Kind::func_proto) return false;
  const auto params = found.types->params(found.types->type(found.type));
  for (std::size_t i = 0; i < args_.size() && i + found.hidden < params.size(); ++i) {
    const btf::TypeId type = params[i + found.hidden].type;
    if (args_[i] == 0 || from < args_[i]) continue;
    std::uint64_t bytes = given_bytes(*found.types, type);
    if (is_text(*found.types, type)) bytes = length_of_text(args_[i]);
    if (from - args_[i] <= bytes && size <= bytes - (from - args_[i])) return true;
  }
  return false;
}

}  // namespace skep
