// See plain_invocation.hpp.
#include "progtypes/common/plain_invocation.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/context.hpp"

namespace skep::progtypes {
namespace {

class PlainInvocation final : public Invocation {
 public:
  // Room for what another program uses that it jumps to; a tracepoint's record is the longest.
  explicit PlainInvocation(std::uint32_t size) : size_(size), context_(std::max(size, longest_record)) {}

  int check(const InvocationRequest&, std::string_view&) const override { return 0; }
  std::optional<std::uint32_t> known_context() const override { return std::nullopt; }
  int make(const InvocationRequest& request, std::span<const std::uint8_t>, std::span<const std::uint8_t> given,
           InvocationHost&) override {
    given_ = static_cast<std::uint32_t>(given.size());
    const std::uint32_t size = std::max(given_, size_);
    // What the program reads is there, given or not; and eight bytes more, for a function's result behind its
    // arguments.
    context_.reset(std::max(size, request.context_used) + 8);
    context_.header().size = size;
    std::ranges::copy(given, static_cast<std::uint8_t*>(context_.address()));
    return 0;
  }
  void* context() override { return context_.address(); }
  InvocationResults take(InvocationHost&) override {
    return {.context = {static_cast<const std::uint8_t*>(context_.address()), given_}, .gives_context = true};
  }

 private:
  static constexpr std::uint32_t longest_record = 8192;
  std::uint32_t size_, given_ = 0;
  runtime::Context context_;
};

}  // namespace

std::unique_ptr<Invocation> make_plain_invocation(std::uint32_t size) {
  return std::make_unique<PlainInvocation>(size);
}

}  // namespace skep::progtypes
