"""Two Ray nodes of one processor each, on this machine's loopback; run as a process that ends when its input does.

    python ray_cluster.py TEMPORARY_FOLDER

Prints the address when both nodes are up.
"""

import sys

from ray.cluster_utils import Cluster

LOOPBACK = "127.0.0.1"


def main() -> None:
    node = {"num_cpus": 1, "object_store_memory": 100 << 20, "node_ip_address": LOOPBACK}
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"include_dashboard": False, "temp_dir": sys.argv[1], **node},
    )
    cluster.add_node(**node)
    cluster.wait_for_nodes(180)
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main()
