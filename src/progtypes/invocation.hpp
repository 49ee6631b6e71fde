// How a program is invoked: an input becomes the context that it is called with, and what it leaves becomes results.
//
// Each program type that can be run has one definition (ProgTypeDef::make_invocation), in its own file or, for
// families, in common/. Test runs, links that the host fires and every later caller go through it:
//
//   auto invocation = def.make_invocation();
//   if (int error = invocation->check(request)) …            // before any memory of the caller's is read
//   if (int error = invocation->make(request, data, context, host)) …
//   run(invocation->argument(), invocation->context());      // before each run: invocation->before_run()
//   InvocationResults results = invocation->take(host);
//
// An Invocation is used again: one that has been through make() once needs no memory for the next input of that size.
// Errors are PROG_TEST_RUN's. One thread at a time. Tested by tests/kernel/invocation_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "btf/btf.hpp"

namespace skep::progtypes {

// What is asked for, without the bytes. A host that fires a link leaves all but the sizes as they are.
struct InvocationRequest {
  std::uint32_t data_size = 0, context_size = 0;  // as the caller gives them
  bool has_context = false;
  std::uint32_t flags = 0, cpu = 0, batch_size = 0;  // as PROG_TEST_RUN has them
  bool has_data = false, repeats = false, wants_data = false, wants_context = false;
  bool wants_duration = false;
  std::uint32_t context_used = 0;  // how far the program reads and writes into its context
  unsigned cpus = 1;               // that there are
};

// What an invocation needs of the Kernel.
class InvocationHost {
 public:
  virtual const btf::Btf& types() = 0;  // the kernel's
  // A socket made up for one input comes to its end: storage that programs have given it goes.
  virtual void forget_socket(void* socket) = 0;
  // Storage of the cgroup that test runs are in is as new.
  virtual void renew_cgroup_storage() = 0;

 protected:
  ~InvocationHost() = default;
};

struct InvocationResults {
  std::span<const std::uint8_t> data;     // the packet
  std::span<const std::uint8_t> context;  // as the type gives it back
  bool gives_data = false, gives_context = false;
  bool context_in_place = false;  // the context goes back to where it came from (syscall)
  bool acted_on = false;          // verdicts were: none is answered
};

class Invocation {
 public:
  virtual ~Invocation() = default;
  // 0; a negative errno; or -EOPNOTSUPP with what is not supported in `what`.
  virtual int check(const InvocationRequest& request, std::string_view& what) const = 0;
  // How much of a caller's context is understood. A longer one must be zero beyond it (-E2BIG); none: any is taken
  // whole.
  virtual std::optional<std::uint32_t> known_context() const = 0;
  // `context` has known_context() bytes, filled up with zeros, or the request's.
  virtual int make(const InvocationRequest& request, std::span<const std::uint8_t> data,
                   std::span<const std::uint8_t> context, InvocationHost& host) = 0;
  virtual void* context() = 0;                                                             // what calls see
  virtual std::uint64_t argument() { return reinterpret_cast<std::uint64_t>(context()); }  // r1
  virtual std::optional<unsigned> cpu() const { return std::nullopt; }                     // that it must run on
  virtual void before_run() {}
  // After the last run. What is given stays until the next make().
  virtual InvocationResults take(InvocationHost& host) = 0;
  // Whether the time that runs take is told.
  virtual bool measured() const { return true; }
};

}  // namespace skep::progtypes
