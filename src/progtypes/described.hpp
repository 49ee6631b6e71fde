// Skep's own way in: programs of types that the kernel never runs by themselves, called with contexts and arguments
// that somebody has described by name (describe/objects.hpp).
//
//   auto invocation = make_described(type, traits);
//   if (int error = invocation->make(request)) …             // complaint() says why
//   for (i < invocation->runs()) { invocation->before_run(); run(invocation->context()); … goes_on(result) }
//   DescribedResults results = invocation->take();
//
// Tested by tests/types/types_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "btf/btf.hpp"
#include "describe/objects.hpp"
#include "progtypes/progtype.hpp"

namespace skep::runtime {
class FunctionAddresses;
}

namespace skep::progtypes {

// What a program that is called as a function gets: the parameters of a prototype, from `first` on, eight bytes each or
// as many words as a struct has, and behind them the function's result.
struct Signature {
  const btf::Btf* types = nullptr;  // null: the program has none
  btf::TypeId prototype = 0;        // 0: none is known
  std::uint32_t first = 0;
  btf::TypeId named = 0;      // a prototype whose parameters have names where its own have none; 0: none
  std::string_view function;  // … that it is of
  bool iterates = false;      // called for each object, and once more without one
  bool session = false;       // called at entry and, unless it says no, at return
};

struct DescribedRequest {
  const describe::Value* described = nullptr;  // null: nothing is
  std::span<const std::uint8_t> data = {};     // the packet
  std::span<const std::uint8_t> context = {};  // bytes below what is described
  std::uint32_t context_used = 0;              // how far the program reads and writes into its context
  std::uint32_t record_used = 0;               // … and into a writable tracepoint's record
  Signature signature = {};
  runtime::FunctionAddresses* addresses = nullptr;  // of the kernel's functions
  const btf::Btf& types;                            // the kernel's
  describe::Objects& objects;                       // what is described is laid out here, and outlives the invocation
};

struct DescribedResults {
  std::span<const std::uint8_t> data, context;  // as the last run left them
  std::string_view output;                      // what an iterator has written
};

// What the Invocation of a type that is test-run on bytes may be, too: it says how its input is described.
class DescribedBytes {
 public:
  // The kernel's struct that the context is described as, where that is not the one that programs see.
  virtual std::string_view described_as() const = 0;
  // Makes of a packet of zeros, for callers who give none, one that the context wants.
  virtual void dress_packet(std::span<std::uint8_t> packet, std::span<const std::uint8_t> context) const = 0;

 protected:
  ~DescribedBytes() = default;
};

class DescribedInvocation {
 public:
  virtual ~DescribedInvocation() = default;
  virtual int make(const DescribedRequest& request) = 0;  // 0, or -EINVAL and a complaint()
  virtual std::string_view complaint() const = 0;
  virtual void* context() = 0;
  virtual std::uint32_t runs() const { return 1; }  // that make one invocation
  virtual void before_run() = 0;
  // After a run that returned `result`: false ends the invocation.
  virtual bool goes_on(std::uint64_t result) { return (void)result, true; }
  virtual DescribedResults take() = 0;
};

// How programs of the type are called so; null: they are invoked on bytes (ProgTypeDef::make_invocation), which are
// laid out by the struct that they see. `type` and `traits` outlive it.
std::unique_ptr<DescribedInvocation> make_described(const ProgTypeDef& type, const ProgramTraits& traits);

// common/typed_invocation.cpp: the context is arguments, {"file": {…}, "return": -1}; a parameter without a name is
// "arg0", "arg1", …. An iterator's objects are lists, {"task": [{…}, {…}]}, and it runs for each and once more.
std::unique_ptr<DescribedInvocation> make_typed_invocation(const ProgramTraits& traits);
// common/field_invocation.cpp: the context is a struct. What leads into a packet there leads into the data; a socket is
// described by the fields of `struct bpf_sock`.
std::unique_ptr<DescribedInvocation> make_field_invocation(const ProgTypeDef& type, const ProgramTraits& traits);

}  // namespace skep::progtypes
