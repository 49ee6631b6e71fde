/* SPDX-License-Identifier: Apache-2.0 */
/* What maps.bpf.c and maps.cpp know of each other. */
#ifndef SKEP_BENCH_MAPS_H
#define SKEP_BENCH_MAPS_H

#define MAPS_ROUNDS 512
#define MAPS_FEW 1024
#define MAPS_MANY 1048576
#define MAPS_RING (4 << 20)

#endif
