// See kernel/host_calls.hpp.
#include "kernel/host_calls.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <exception>

#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"

namespace skep {
namespace {

// The last word of a parameter: its name.
std::string_view name_of_parameter(std::string_view parameter) {
  const auto end = parameter.find_last_not_of(" \t\n");
  if (end == std::string_view::npos) return {};
  parameter = parameter.substr(0, end + 1);
  const auto begin = parameter.find_last_of(" \t\n*");
  return begin == std::string_view::npos ? parameter : parameter.substr(begin + 1);
}

bool returns_pointer(std::string_view prototype) {
  return prototype.substr(0, prototype.find('(')).find('*') != std::string_view::npos;
}

class Callee final : public calls::HostCallee {
 public:
  Callee(const HostKfunc& kfunc, const calls::Kfunc& entry, Kernel& kernel)
      : function_(kfunc.function),
        user_(kfunc.user),
        entry_(entry),
        kernel_(kernel),
        size_arguments_(size_arguments(kfunc.prototype)),
        failed_(returns_pointer(kfunc.prototype) ? 0 : static_cast<std::uint64_t>(-std::int64_t{EFAULT})) {}

  std::uint64_t call(const std::array<std::uint64_t, 5>& args) const override {
    HostCall call{args, {}, user_, kernel_};
    for (std::size_t i = 0; i < args.size(); ++i)
      if (size_arguments_[i] >= 0 && args[i] != 0) call.sizes[i] = args[static_cast<std::size_t>(size_arguments_[i])];
    std::uint64_t result = failed_;
    guarded(kernel_, entry_.name, [&] { result = function_(call); });
    note_object(args[0], result);
    return result;
  }

 private:
  // Objects that programs hold are theirs to look at, in maps too.
  void note_object(std::uint64_t first, std::uint64_t result) const {
    memory::Territory& territory = kernel_.impl().account->territory();
    if (entry_.has(calls::call_flag::release)) territory.let_go(reinterpret_cast<const void*>(first));
    if (entry_.has(calls::call_flag::acquire) && result != 0 && entry_.result_bytes != 0)
      territory.hold(reinterpret_cast<const void*>(result), entry_.result_bytes);
  }

  const HostFunction function_;
  void* const user_;
  const calls::Kfunc& entry_;
  Kernel& kernel_;
  const std::array<int, 5> size_arguments_;
  const std::uint64_t failed_;
};

}  // namespace

std::array<int, 5> size_arguments(std::string_view prototype) {
  std::array<int, 5> places;
  places.fill(-1);
  const auto open = prototype.find('(');
  if (open == std::string_view::npos) return places;
  std::string_view rest = prototype.substr(open + 1);
  for (int i = 0; i < 5 && !rest.empty(); ++i) {
    const auto end = rest.find_first_of(",)");
    const std::string_view name = name_of_parameter(rest.substr(0, end));
    if (i > 0 && (name.ends_with("__sz") || name.ends_with("__szk"))) places[static_cast<std::size_t>(i) - 1] = i;
    rest = end == std::string_view::npos || rest[end] == ')' ? std::string_view{} : rest.substr(end + 1);
  }
  return places;
}

std::unique_ptr<calls::HostCallee> make_host_callee(const HostKfunc& kfunc, const calls::Kfunc& entry, Kernel& kernel) {
  return std::make_unique<Callee>(kfunc, entry, kernel);
}

void report_exception(Kernel& kernel, std::string_view what) noexcept {
  try {
    std::string reason = "something that is no std::exception";
    try {
      throw;
    } catch (const std::exception& thrown) {
      reason = thrown.what();
    } catch (...) {
    }
    kernel.impl().log(fmt::format("{} of the host threw an exception, which goes no further: {}", what, reason));
  } catch (...) {  // no memory to tell it
  }
}

}  // namespace skep
