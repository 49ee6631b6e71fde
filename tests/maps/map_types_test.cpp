// The definitions of map types: complete, and offering what the reference release lets programs do.
#include "maps/map_types.hpp"

#include <gtest/gtest.h>

#include <set>

namespace skep::maps {
namespace {

TEST(MapTypes, AreListedByNumber) {
  std::uint32_t number = 0;
  for (const MapTypeDef* def : map_types()) {
    EXPECT_EQ(static_cast<std::uint32_t>(def->type), ++number) << def->name;
    EXPECT_EQ(find_map_type(def->type), def);
    EXPECT_EQ(find_map_type(def->name), def);
    EXPECT_EQ(&map_type(def->type), def);
  }
  EXPECT_EQ(MapType{number}, MapType::rhash);
}

TEST(MapTypes, SayWhatTheirAttributesMayBeAndWhoMakesThem) {
  for (const MapTypeDef* def : map_types()) {
    EXPECT_NE(def->check, nullptr) << def->name;
    EXPECT_NE(def->make, nullptr) << def->name;
    EXPECT_FALSE(def->summary.empty()) << def->name;
  }
}

TEST(MapTypes, ATypeThatDoesNotExistOffersNothing) {
  EXPECT_EQ(find_map_type(MapType::unspec), nullptr);
  EXPECT_EQ(find_map_type(MapType{36}), nullptr);
  EXPECT_EQ(find_map_type("no_such_type"), nullptr);
  EXPECT_EQ(map_type(MapType{36}).uses, 0U);
  EXPECT_EQ(map_type(MapType{36}).direct_values, DirectValues::none);
}

std::set<std::string_view> that_offer(std::uint32_t use) {
  std::set<std::string_view> names;
  for (const MapTypeDef* def : map_types())
    if (def->offers(use)) names.insert(def->name);
  return names;
}

using Names = std::set<std::string_view>;

TEST(MapTypes, OfferWhatTheReferenceLetsHelpersDo) {
  EXPECT_EQ(that_offer(map_use::for_each),
            (Names{"array", "hash", "lru_hash", "lru_percpu_hash", "percpu_array", "percpu_hash", "rhash"}));
  EXPECT_EQ(that_offer(map_use::lookup_percpu), (Names{"lru_percpu_hash", "percpu_array", "percpu_hash"}));
  EXPECT_EQ(that_offer(map_use::redirect), (Names{"cpumap", "devmap", "devmap_hash", "xskmap"}));
  EXPECT_EQ(that_offer(map_use::reuseport), (Names{"reuseport_sockarray", "sockhash", "sockmap"}));
  EXPECT_EQ(that_offer(map_use::push), (Names{"bloom_filter", "queue", "stack"}));
  EXPECT_EQ(that_offer(map_use::pop), (Names{"queue", "stack"}));
  EXPECT_EQ(that_offer(map_use::tail_call), (Names{"prog_array"}));
  EXPECT_EQ(that_offer(map_use::update), (Names{"array", "hash", "lpm_trie", "lru_hash", "lru_percpu_hash",
                                                "percpu_array", "percpu_hash", "rhash", "sockhash", "sockmap"}));
}

TEST(MapTypes, WorkItemsLiveInPlainArraysAndHashes) {
  Names names;
  for (const MapTypeDef* def : map_types())
    if (def->may_hold_work()) names.insert(def->name);
  EXPECT_EQ(names, (Names{"array", "hash", "lru_hash", "rhash"}));
}

TEST(MapTypes, TheseAreClosedToSleepablePrograms) {
  Names names;
  for (const MapTypeDef* def : map_types())
    if (!def->in_sleepable_programs) names.insert(def->name);
  EXPECT_EQ(names, (Names{"bloom_filter", "cgroup_array", "cgroup_storage", "cpumap", "devmap", "devmap_hash",
                          "percpu_cgroup_storage", "perf_event_array", "reuseport_sockarray", "sockhash", "sockmap",
                          "stack_trace", "struct_ops", "xskmap"}));
}

}  // namespace
}  // namespace skep::maps
