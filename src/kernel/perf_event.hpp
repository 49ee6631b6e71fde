// An event that takes the output of programs on one virtual CPU, and the ring in which user space reads it: records
// between a head that is written here and a tail that the reader writes, in memory that both have mapped. Nothing that
// the reader writes is believed but the tail, and that one only for how much is free.
//
// A record that finds no room is lost; the next that does comes after one that says how many were. The answers are
// Linux 7.3's (tests/conformance/perf-7.3.txt), but that a record longer than its 16 bits of size can say is refused,
// where the kernel writes one that no reader understands. Tested by tests/loader/perf_rows_test.cpp.
#pragma once

#include <cstdint>
#include <mutex>

#include "kernel/objects.hpp"
#include "maps/memory.hpp"
#include "maps/perf_events.hpp"
#include "maps/value_lock.hpp"

namespace skep {

class PerfEventObject final : public KernelObject, public maps::PerfEvent {
 public:
  // What perf_event_attr says of it, of what there is here.
  struct Settings {
    std::uint64_t samples = 0;  // PERF_SAMPLE_
    std::uint32_t wakeup = 0;   // after so many records, or bytes
    bool by_bytes = false;
    bool disabled = false;
  };
  // `wake`: an eventfd, which it closes.
  PerfEventObject(Kernel::Impl& kernel, const Settings& settings, unsigned cpu, int wake);
  ~PerfEventObject() override;

  int output(unsigned cpu, const void* data, std::size_t size) override;
  int read(unsigned cpu, std::uint64_t& count) override;

  int poll_fd() const override { return wake_; }
  // Readable exactly while what the reader was woken for is there.
  void refresh_poll_state();
  int control(unsigned long request, unsigned long argument);
  // The ring's memory for a mapping of user space; the first one makes it.
  int mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int flags, int& memory_fd);

 private:
  struct Sample;
  Sample sample_of(std::size_t raw_size) const;
  int write(const Sample& sample, const void* data, std::size_t size);
  void note_wakeup();

  Kernel::Impl& kernel_;
  const Settings settings_;
  const unsigned cpu_;
  const int wake_;
  const std::uint64_t number_;
  maps::ShortLock lock_;  // of what follows
  bool enabled_, paused_ = false;
  maps::Pages pages_;
  std::size_t size_ = 0;  // of the data, a power of two; 0: no ring, or one without room
  std::uint64_t head_ = 0, woken_at_ = 0, watermark_ = 0, last_mark_ = 0, lost_ = 0;
  std::uint32_t records_ = 0;  // since the last wake-up
};

}  // namespace skep
