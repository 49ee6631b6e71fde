// The addresses that the kernel's table of symbols gives to functions (symbols.cpp), for programs that ask where they
// are attached. Tested by tests/kernel/test_run_functions_test.cpp.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/impl.hpp"
#include "runtime/occasion.hpp"

namespace skep {

class SymbolAddresses final : public runtime::FunctionAddresses {
 public:
  explicit SymbolAddresses(const Kernel::Impl& kernel) : kernel_(kernel) {}
  std::uint64_t address_of(std::string_view function) override;

 private:
  const Kernel::Impl& kernel_;
  std::mutex lock_;
  std::vector<std::shared_ptr<BtfObject>> modules_;  // that the table is of
  std::unordered_map<std::string_view, std::uint64_t> addresses_;
};

}  // namespace skep
