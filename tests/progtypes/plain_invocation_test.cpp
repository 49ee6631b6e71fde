// Contexts that are bytes of the host's.
#include "progtypes/common/plain_invocation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace skep::progtypes {
namespace {

class NoHost final : public InvocationHost {
 public:
  ~NoHost() = default;
  const btf::Btf& types() override { std::abort(); }
  void forget_socket(void*) override {}
  void renew_cgroup_storage() override {}
};

TEST(PlainInvocation, HasZerosWhereTheProgramReadsAndNothingWasGiven) {
  NoHost host;
  const auto invocation = make_plain_invocation(0);
  InvocationRequest request;
  request.context_used = 12 * 8;
  // The second time the memory has been used before.
  for (const std::vector<std::uint8_t>& given :
       {std::vector<std::uint8_t>(12 * 8, 0xff), std::vector<std::uint8_t>{7}}) {
    ASSERT_EQ(invocation->make(request, {}, given, host), 0);
    std::array<std::uint8_t, 12 * 8> read{}, expected{};
    std::memcpy(read.data(), invocation->context(), read.size());
    std::ranges::copy(given, expected.begin());
    EXPECT_EQ(read, expected);
    EXPECT_EQ(invocation->take(host).context.size(), given.size()) << "only what was given comes back";
  }
}

}  // namespace
}  // namespace skep::progtypes
