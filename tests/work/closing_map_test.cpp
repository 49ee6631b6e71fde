// A row of docs/work-queues.md, "What the calls return", that no program sees from outside: made without libbpf.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "async/executor.hpp"
#include "async/work_item.hpp"
#include "calls/call.hpp"
#include "maps/map.hpp"
#include "rcu/rcu.hpp"
#include "support/run.hpp"

namespace skep::test {
namespace {

// A map in the moment between its last close and the cancellation of its work, which is over before anyone can look.
class ClosingMap final : public maps::Map {
 public:
  static maps::MapAttributes attributes() {
    maps::MapAttributes made;
    auto record = std::make_shared<btf::Record>();
    record->wq_offset = 0;
    made.info.record = std::move(record);
    return made;
  }
  ClosingMap() : Map(attributes()) {}
  void* lookup(const void*, unsigned) override { return &slot; }
  int update(const void*, const void*, std::uint64_t, unsigned) override { return -EINVAL; }
  int erase(const void*) override { return -EINVAL; }
  std::uint64_t slot[2] = {};

 protected:
  void cancel_all_async() override {}
};
class WorkServices final : public FixedServices {
 public:
  async::Executor& executor() override { return *executor_; }

 private:
  std::unique_ptr<async::Executor> executor_ = async::make_stepping_executor(1, 1);
};

TEST(Calls, set_callback_no_user_reference) {
  WorkServices services;
  ClosingMap map;
  const auto program = make_program("r0 = 0; exit");
  engine::Execution env({program->entry(), {}, nullptr, services});
  const auto slot = reinterpret_cast<std::uint64_t>(map.slot);
  const auto function = reinterpret_cast<std::uint64_t>(&program->entry());
  const auto set = [&] {
    return static_cast<std::int64_t>(
        calls::find_kfunc("bpf_wq_set_callback_impl")->fn(env, slot, function, 0, 0, 0).value);
  };
  const rcu::ReadGuard section;
  map.get_user_ref();
  EXPECT_EQ(calls::find_kfunc("bpf_wq_init")->fn(env, slot, reinterpret_cast<std::uint64_t>(&map), 0, 0, 0).value, 0U);
  map.put_user_ref();
  EXPECT_EQ(set(), -EPERM);
  map.get_user_ref();
  EXPECT_EQ(set(), 0) << "somebody has opened it again";
  async::WorkSlot::at(map.slot).cancel();
  map.put_user_ref();
  EXPECT_EQ(set(), -EINVAL) << "afterwards the item is uninitialized";
}
}  // namespace
}  // namespace skep::test
