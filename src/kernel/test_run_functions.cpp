// Test runs of tracing programs. The kernel does not run the program that is named: it calls functions that it has for
// the purpose, bpf_fentry_test1 and its like or bpf_modify_return_test, and whatever is attached to those runs. So do
// we; the functions and their arguments are public by the kernel's own tests. Tested by
// tests/kernel/test_run_functions_test.cpp.
#include <algorithm>
#include <cerrno>
#include <vector>

#include "kernel/attached.hpp"
#include "kernel/test_run.hpp"

namespace skep {
namespace {

using Arguments = std::vector<std::uint64_t>;

struct Function {
  std::string_view name;
  Arguments arguments;
  std::uint32_t (*body)(const Arguments&);
  std::uint32_t expected;  // what it returns if nobody interferes
};

std::uint64_t address(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

class Caller {
 public:
  explicit Caller(Kernel::Impl& kernel)
      : attached_(kernel, [&](const LinkObject& link) {
          return progtypes::traces(progtypes::attached_to(*link.program->type, link.program->traits)) &&
                 link.program->attach_btf_obj_id == kernel.vmlinux->id;
        }) {}
  // What the caller of the function gets.
  std::uint32_t call(const Function& function) {
    return static_cast<std::uint32_t>(attached_.call(function.name, function.arguments,
                                                     [&] { return std::uint64_t{function.body(function.arguments)}; }));
  }

 private:
  AttachedPrograms attached_;
};

std::uint32_t sum(const Arguments& arguments) {
  std::uint64_t total = 0;
  for (const std::uint64_t argument : arguments) total += argument;
  return static_cast<std::uint32_t>(total);
}
// The number, or pointer, that the only argument points to.
std::uint32_t pointee(const Arguments& arguments) {
  std::uint32_t value = 0;
  std::memcpy(&value, reinterpret_cast<const void*>(arguments[0]), sizeof value);  // NOLINT
  return value;
}
// The second argument points to a number, which is incremented.
std::uint32_t sum_and_increment(const Arguments& arguments) {
  auto* const number = reinterpret_cast<std::int32_t*>(arguments[1]);  // NOLINT
  ++*number;
  return sum(arguments) - static_cast<std::uint32_t>(arguments[1]) + static_cast<std::uint32_t>(*number);
}

int call_fentry_functions(Caller& caller) {
  const std::uint64_t empty_struct = 0;
  const std::uint32_t zero = 0;
  const Function functions[] = {
      {"bpf_fentry_test1", {1}, [](const Arguments& a) { return static_cast<std::uint32_t>(a[0] + 1); }, 2},
      {"bpf_fentry_test2", {2, 3}, sum, 5},
      {"bpf_fentry_test3", {4, 5, 6}, sum, 15},
      {"bpf_fentry_test4", {7, 8, 9, 10}, sum, 34},
      {"bpf_fentry_test5", {11, 12, 13, 14, 15}, sum, 65},
      {"bpf_fentry_test6", {16, 17, 18, 19, 20, 21}, sum, 111},
      {"bpf_fentry_test7", {0}, sum, 0},
      {"bpf_fentry_test8", {address(&empty_struct)}, pointee, 0},
      {"bpf_fentry_test9", {address(&zero)}, pointee, 0},
      {"bpf_fentry_test10", {0}, sum, 0},
  };
  const bool as_expected = std::ranges::all_of(
      functions, [&](const Function& function) { return caller.call(function) == function.expected; });
  return as_expected ? 0 : -EFAULT;
}

std::uint32_t call_modified_functions(Caller& caller) {
  std::uint32_t side_effects = 0, total = 0;
  std::int32_t number = 2;
  for (const Function& function :
       {Function{"bpf_modify_return_test", {1, address(&number)}, sum_and_increment, 4},
        Function{"bpf_modify_return_test2", {1, address(&number), 3, 4, 5, 6, 7}, sum_and_increment, 29}}) {
    number = 2;
    total += caller.call(function);
    if (number != 2) ++side_effects;
  }
  return side_effects << 16 | (total & 0xffff);
}

}  // namespace

int run_test_functions(Kernel::Impl& kernel, const ProgramObject& program, std::uint32_t& retval) {
  Caller caller(kernel);
  retval = 0;
  switch (program.attach_type) {
    case AttachType::trace_fentry:
    case AttachType::trace_fexit:
    case AttachType::trace_fsession:
      return call_fentry_functions(caller);
    case AttachType::modify_return:
      retval = call_modified_functions(caller);
      return 0;
    case AttachType::trace_fentry_multi:
    case AttachType::trace_fexit_multi:
    case AttachType::trace_fsession_multi:
      return 0;  // no function is called
    default:
      return -EFAULT;  // as the kernel says it
  }
}

}  // namespace skep
