// An object of the kernel's in the layout that programs see, for drivers that play its owner.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "skep/kernel.hpp"

namespace skep::test {

class KernelStruct {
 public:
  // Throws where the kernel's types have no such struct, or it has no such fields. Ends before its Kernel.
  KernelStruct(Kernel& kernel, std::string_view type, std::string_view description);
  std::uint64_t address() const;
  // A field, each in the struct of the one before.
  std::uint64_t get(std::initializer_list<std::string_view> field) const;
  void set(std::initializer_list<std::string_view> field, std::uint64_t value) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace skep::test
