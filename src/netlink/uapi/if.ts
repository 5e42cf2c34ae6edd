// Constants of linux/if.h, spelled as there. Written by scripts/generate-uapi.js: do not edit.

export const IFF_UP = 1;
export const IFF_BROADCAST = 2;
export const IFF_LOOPBACK = 8;
export const IFF_POINTOPOINT = 16;
export const IFF_RUNNING = 64;
export const IFF_NOARP = 128;
export const IFF_MULTICAST = 4096;
export const IFF_LOWER_UP = 65536;
export const IFF_DORMANT = 131072;
export const IF_OPER_UNKNOWN = 0;
export const IF_OPER_NOTPRESENT = 1;
export const IF_OPER_DOWN = 2;
export const IF_OPER_LOWERLAYERDOWN = 3;
export const IF_OPER_TESTING = 4;
export const IF_OPER_DORMANT = 5;
export const IF_OPER_UP = 6;
export const IFNAMSIZ = 16;
