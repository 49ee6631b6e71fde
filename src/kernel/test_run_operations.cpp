// Test runs of members of tables of operations. The kernel has one table for them, bpf_dummy_ops, whose members take a
// state and perhaps numbers: the caller gives the arguments, each in eight bytes, and gets the state back where it was.
// The answers are Linux 7.3's. Tested by tests/loader/dummy_rows_test.cpp.
#include <cerrno>
#include <vector>

#include "kernel/attached.hpp"
#include "kernel/test_run.hpp"
#include "maps/memory.hpp"

namespace skep {
namespace {

// Whether the kernel's own implementation says of the first argument that it may be null.
bool may_be_null(const btf::Btf& types, const ProgramObject& program) {
  const btf::TypeId own = types.find(program.struct_ops_type + "__" + program.struct_ops_member, btf::Kind::func);
  if (own == 0) return false;
  const auto params = types.params(types.type(types.type(own).type));
  return !params.empty() && params[0].name.ends_with("__nullable");
}

}  // namespace

int run_test_operation(Kernel::Impl& kernel, Call<attr::TestRun>& call, const ProgramObject& program) {
  if (program.struct_ops_type != "bpf_dummy_ops") {
    kernel.log(
        "a test run of it is not supported, as in the kernel: run it by name, see Kernel::call_struct_ops and "
        "run_described");
    return -EOPNOTSUPP;
  }
  const attr::TestRun& a = call.attr;
  const btf::Btf& types = *program.family.types;
  const auto params = types.params(types.type(program.family.prototype));
  std::vector<std::uint64_t> arguments(params.size());
  const auto state_type = params.empty() ? std::nullopt : types.pointee(params[0].type);
  const auto state_size = state_type ? types.size_of(*state_type) : std::nullopt;
  if (!state_size || a.ctx_size_in != arguments.size() * sizeof arguments[0]) return -EINVAL;
  if (const int error = copy_from_user(arguments.data(), a.ctx_in, a.ctx_size_in); error != 0) return error;

  const std::uint64_t given = arguments[0];
  if (given == 0 && !may_be_null(types, program)) return -EINVAL;
  const maps::Pages state = maps::Pages::make(*state_size, false, kernel.account);
  if (state.data() == nullptr) return -ENOMEM;
  if (given != 0) {
    if (const int error = copy_from_user(state.data(), given, *state_size); error != 0) return error;
    arguments[0] = reinterpret_cast<std::uint64_t>(state.data());
  }
  int error = 0;
  const std::uint64_t result = run_on_arguments(kernel, program, program.struct_ops_member, arguments, 0, error);
  if (error == 0 && given != 0) error = copy_to_user(given, state.data(), *state_size);
  return error != 0 ? error : call.give(&attr::TestRun::retval, static_cast<std::uint32_t>(result));
}

}  // namespace skep
