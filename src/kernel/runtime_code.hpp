// From a verified program to one that an engine can run, and what a program is attached to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "kernel/impl.hpp"
#include "kernel/mocks.hpp"

namespace skep {

// What code is resolved against.
struct CodeSurroundings {
  const btf::Btf& kernel_types;
  const Mocks* mocks = nullptr;  // null: no call is replaced
  // The address of a variable or function of the kernel's, or of a module's by its descriptor (0: the kernel's); none:
  // it is neither, and the number stays. Empty: no number is an address.
  std::function<std::optional<std::uint64_t>(btf::TypeId variable, std::uint32_t module_fd)> variable = {};
};

// Resolves what is left (addresses of maps, values and the kernel's variables) and takes the verifier's facts along.
runtime::Code make_runtime_code(const CodeSurroundings& surroundings, const ProgramObject& program,
                                const verifier::Verified& verified, std::vector<std::shared_ptr<const void>> keep);

// What attach_btf_id and attach_prog_fd (or attach_btf_obj_fd) name. 0, or as PROG_LOAD gives it: -EINVAL, -EBADF,
// -ENOTSUPP.
int find_attach_target(Kernel::Impl& kernel, std::uint32_t btf_id, std::uint32_t fd, AttachType attach_type,
                       ProgramObject& program, std::optional<verifier::AttachTarget>& target);

}  // namespace skep
