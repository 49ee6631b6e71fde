// How much of the host's memory its pointers give to programs: as far as their types go. See skep/host_memory.hpp.
// Tested by tests/bounds/reach_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"
#include "kernel/impl.hpp"
#include "runtime/reach.hpp"

namespace skep {

// Of what a pointer of this type leads to; 0: it is none, or nobody knows how large that is.
std::uint32_t given_bytes(const btf::Btf& types, btf::TypeId pointer);

// The arguments of a function, tracepoint or struct_ops member that a program is run on. Types are looked up when
// somebody asks.
class GivenArguments final : public runtime::Beyond {
 public:
  GivenArguments(Kernel::Impl& kernel, const ProgramObject& program, std::string_view function,
                 std::span<const std::uint64_t> args)
      : kernel_(kernel), program_(program), function_(function), args_(args) {}
  ~GivenArguments() = default;
  bool contains(std::uint64_t from, std::uint64_t size) const override;

 private:
  struct Prototype {
    const btf::Btf* types = nullptr;  // null: there is none
    btf::TypeId type = 0;
    std::size_t hidden = 0;  // parameters that are not among the arguments
  };
  Prototype prototype() const;
  Prototype find_in(const btf::Btf& types) const;

  Kernel::Impl& kernel_;
  const ProgramObject& program_;
  const std::string_view function_;
  const std::span<const std::uint64_t> args_;
};

}  // namespace skep
